import Clibcrypto
import Foundation

/// An Ed25519 key (RFC 8032): 32 bytes that sign, 32 that everybody may know.
public struct SigningKey: Sendable {
    private let seed: [UInt8]
    public let publicKey: [UInt8]

    /// A new one, from the system's random numbers.
    public init() {
        var generator = SystemRandomNumberGenerator()
        let seed = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        self.seed = seed
        publicKey = Self.publicKey(of: seed) ?? []
    }

    /// - Parameter pem: PKCS #8 (RFC 8410), as `openssl genpkey -algorithm ed25519` writes it; nil when it is none.
    public init?(pem: String) {
        guard let der = bytes(ofPEM: pem), der.starts(with: privatePrefix), der.count == privatePrefix.count + 32 else {
            return nil
        }
        let seed = Array(der.suffix(32))
        guard let publicKey = Self.publicKey(of: seed) else { return nil }
        self.seed = seed
        self.publicKey = publicKey
    }

    /// PKCS #8 in PEM.
    public var pem: String { Digests.pem("PRIVATE KEY", privatePrefix + seed) }
    /// SubjectPublicKeyInfo in PEM, as `openssl pkey -pubout` writes it.
    public var publicPEM: String { Digests.pem("PUBLIC KEY", publicPrefix + publicKey) }

    /// 64 bytes.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        var signature = [UInt8](repeating: 0, count: 64)
        var length = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else { return [] }
        return signature
    }

    private static func publicKey(of seed: [UInt8]) -> [UInt8]? {
        let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        defer { EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: 32)
        var length = bytes.count
        return EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1 ? bytes : nil
    }
}

/// Whether a key signed exactly this message.
public func isSigned(_ message: [UInt8], by publicKey: [UInt8], _ signature: [UInt8]) -> Bool {
    let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count)
    let context = EVP_MD_CTX_new()
    defer {
        EVP_MD_CTX_free(context)
        EVP_PKEY_free(key)
    }
    return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
        && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
}

/// DER up to the key itself (RFC 8410, sections 4 and 7).
private let privatePrefix: [UInt8] = [
    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]
private let publicPrefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]

private func pem(_ label: String, _ der: [UInt8]) -> String {
    "-----BEGIN \(label)-----\n\(Data(der).base64EncodedString())\n-----END \(label)-----\n"
}

private func bytes(ofPEM text: String) -> [UInt8]? {
    let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
    return Data(base64Encoded: lines.joined()).map(Array.init)
}
