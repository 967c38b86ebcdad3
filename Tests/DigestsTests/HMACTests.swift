import Digests
import Testing

/// Vectors of RFC 2202 (SHA-1) and RFC 4231 (SHA-256), test cases 1, 2 and 6 (a key longer than a block).
@Test(arguments: [
    (
        Array(repeating: UInt8(0x0b), count: 20), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
        Array("Jefe".utf8), "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
        Array(repeating: UInt8(0xaa), count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
        "90d0dace1c1bdc957339307803160335bde6df2b", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
])
func hmacAgreesWithTheStandards(key: [UInt8], message: String, sha1: String, sha256: String) {
    #expect(hexadecimal(hmac(.sha1, key: key, Array(message.utf8))) == sha1)
    #expect(hexadecimal(hmac(.sha256, key: key, Array(message.utf8))) == sha256)
}

@Test func hmacTakesEmptyKeysAndMessages() {
    #expect(
        hexadecimal(hmac(.sha256, key: [], []))
            == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { (($0 < 16 ? "0" : "") + String($0, radix: 16)) }.joined()
}
