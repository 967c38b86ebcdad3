import Digests
import Foundation
import Testing

@Suite struct SigningKeyTests {
    /// RFC 8032, section 7.1, test 2.
    let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
    let publicKey = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    let signature =
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        stride(from: 0, to: hexadecimal.count, by: 2).compactMap { place in
            let start = hexadecimal.index(hexadecimal.startIndex, offsetBy: place)
            return UInt8(hexadecimal[start..<hexadecimal.index(start, offsetBy: 2)], radix: 16)
        }
    }

    @Test func theStandardsVectorIsSigned() throws {
        let prefix: [UInt8] = bytes("302e020100300506032b657004220420")
        let text = Data(prefix + bytes(seed)).base64EncodedString()
        let key = try #require(SigningKey(pem: "-----BEGIN PRIVATE KEY-----\n\(text)\n-----END PRIVATE KEY-----\n"))
        #expect(key.publicKey == bytes(publicKey))
        #expect(key.sign([0x72]) == bytes(signature))
    }

    @Test func whatIsChangedIsNotSigned() {
        let key = SigningKey()
        let signature = key.sign(Array("a model".utf8))
        #expect(isSigned(Array("a model".utf8), by: key.publicKey, signature))
        #expect(!isSigned(Array("a Model".utf8), by: key.publicKey, signature))
        #expect(!isSigned(Array("a model".utf8), by: SigningKey().publicKey, signature))
        for place in signature.indices {
            var changed = signature
            changed[place] ^= 1
            #expect(!isSigned(Array("a model".utf8), by: key.publicKey, changed))
        }
        #expect(!isSigned([], by: [], []))
    }

    @Test func aKeyIsReadAsItWasWritten() throws {
        let key = SigningKey()
        #expect(try #require(SigningKey(pem: key.pem)).publicKey == key.publicKey)
        #expect(SigningKey(pem: key.publicPEM) == nil)
        #expect(SigningKey(pem: "") == nil)
    }
}
