import Foundation

/// Compares in a time that depends only on the length, so that nobody can guess a secret byte by byte.
func isEqualInConstantTime(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    var difference: UInt8 = 0
    for index in one.indices { difference |= one[index] ^ other[index] }
    return difference == 0
}

func isEqualInConstantTime(_ one: String, _ other: String) -> Bool {
    isEqualInConstantTime(Array(one.utf8), Array(other.utf8))
}

/// Lower-case hexadecimal digits.
func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// Whether a header's signature is that of this body. Compared as text, because a signature has only one spelling.
func isSigned(
    _ body: [UInt8], _ signature: String, prefix: String, secret: String, _ function: HashFunction, _ hmac: HMACFunction
) -> Bool {
    guard !secret.isEmpty else { return false }
    return isEqualInConstantTime(prefix + hexadecimal(hmac(function, Array(secret.utf8), body)), signature)
}
