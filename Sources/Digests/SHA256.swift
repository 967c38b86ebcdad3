import Clibcrypto

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits.
public func sha256(_ text: String) -> String {
    sha256(Array(text.utf8))
}

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits.
public func sha256(_ bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    _ = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    return hexadecimal(digest)
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count * 2)
    for byte in bytes {
        out.append(digits[Int(byte >> 4)])
        out.append(digits[Int(byte & 15)])
    }
    return String(decoding: out, as: UTF8.self)
}
