import Digests
import Fixtures
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

    private func pem(_ der: [UInt8]) -> String {
        "-----BEGIN PRIVATE KEY-----\n\(Data(der).base64EncodedString())\n-----END PRIVATE KEY-----\n"
    }

    @Test func theStandardsVectorIsSigned() throws {
        let key = try #require(SigningKey(pem: pem(bytes("302e020100300506032b657004220420") + bytes(seed))))
        #expect(key.kind == .ed25519 && key.publicKey == bytes(publicKey))
        #expect(key.sign([0x72]) == bytes(signature))
    }

    /// RFC 6979, section A.2.5: P-256, SHA-256, the message "sample".
    @Test func theStandardsVectorOfP256IsVerified() throws {
        let secret = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
        let point =
            "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
            + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
        let (r, s) = (
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
        )
        let der =
            "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420" + secret + "a144034200" + point
        let key = try #require(SigningKey(pem: pem(bytes(der))))
        #expect(key.kind == .p256 && key.publicKey == bytes(point))
        #expect(key.hasSigned(Array("sample".utf8), bytes("3046022100" + r + "022100" + s)))
        #expect(!key.hasSigned(Array("simple".utf8), bytes("3046022100" + r + "022100" + s)))
    }

    @Test(arguments: [SigningKey.Kind.ed25519, .p256])
    func whatIsChangedIsNotSigned(kind: SigningKey.Kind) {
        let key = SigningKey(kind)
        let signature = key.sign(Array("a model".utf8))
        #expect(key.hasSigned(Array("a model".utf8), signature))
        #expect(!key.hasSigned(Array("a Model".utf8), signature))
        #expect(!SigningKey(kind).hasSigned(Array("a model".utf8), signature))
        for place in signature.indices {
            var changed = signature
            changed[place] ^= 1
            #expect(!key.hasSigned(Array("a model".utf8), changed))
        }
        #expect(!key.hasSigned([], []))
    }

    @Test(arguments: [SigningKey.Kind.ed25519, .p256])
    func aKeyIsReadAsItWasWritten(kind: SigningKey.Kind) throws {
        let key = SigningKey(kind)
        let again = try #require(SigningKey(pem: key.pem))
        #expect(again.kind == kind && again.publicKey == key.publicKey && again.publicPEM == key.publicPEM)
        #expect(again.hasSigned([1, 2, 3], key.sign([1, 2, 3])))
        #expect(SigningKey(pem: key.publicPEM) == nil)
        #expect(SigningKey(pem: "") == nil)
    }

    /// `openssl` writes and verifies the same.
    @Test(arguments: [
        ("EC", ["-pkeyopt", "ec_paramgen_curve:P-256"], SigningKey.Kind.p256), ("ED25519", [], .ed25519),
        ("EC", ["-pkeyopt", "ec_paramgen_curve:P-384"], nil), ("X25519", [], nil),
        ("EC", ["-pkeyopt", "ec_paramgen_curve:P-256", "-aes128", "-pass", "pass:secret"], nil),
    ])
    func aKeyOfOpenSSLIsRead(algorithm: String, options: [String], kind: SigningKey.Kind?) throws {
        let folder = try TemporaryFolder()
        try openssl(["genpkey", "-algorithm", algorithm, "-out", "\(folder.path)/key.pem"] + options)
        let key = SigningKey(pem: try String(contentsOfFile: "\(folder.path)/key.pem", encoding: .utf8))
        #expect(key?.kind == kind)
        guard let key else { return }
        _ = try folder.write("key.pub", key.publicPEM)
        _ = try folder.write("message", "a model")
        try Data(key.sign(Array("a model".utf8))).write(to: URL(fileURLWithPath: "\(folder.path)/signature"))
        try openssl([
            "pkeyutl", "-verify", "-pubin", "-inkey", "\(folder.path)/key.pub", "-rawin", "-in",
            "\(folder.path)/message",
            "-sigfile", "\(folder.path)/signature",
        ])
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "openssl \(arguments)")
    }
}
