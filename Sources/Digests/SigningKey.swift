import Clibcrypto
import Foundation

/// A signing key: a secret half that never leaves this machine, and a public half that everybody may know.
public struct SigningKey: Sendable {
    public enum Kind: Sendable, Hashable {
        /// RFC 8032. Each message has exactly one signature, of 64 bytes.
        case ed25519
        /// ECDSA over NIST's P-256 with SHA-256 (FIPS 186-5). Signatures differ each time, and are DER of about 71 bytes.
        case p256
    }

    public let kind: Kind
    /// PKCS #8 in PEM, secret.
    public let pem: String
    /// SubjectPublicKeyInfo in PEM, as `openssl pkey -pubout` writes it.
    public let publicPEM: String
    /// 32 bytes for Ed25519; an uncompressed point of 65 bytes for P-256.
    public let publicKey: [UInt8]

    /// Creates a key from the system's random numbers.
    public init(_ kind: Kind) {
        guard let key = generate(kind), let made = Self(key) else {
            fatalError("libcrypto makes no key: the system has no random numbers")
        }
        self = made
    }

    /// - Parameter pem: PKCS #8, as `openssl genpkey` writes it, without a password; nil if it is not a key, or of
    ///   another kind.
    public init?(pem: String) {
        guard let key = readPrivateKey(pem), let made = Self(key) else { return nil }
        self = made
    }

    /// Takes ownership of the key.
    private init?(_ key: OpaquePointer) {
        defer { EVP_PKEY_free(key) }
        guard let kind = Self.kind(of: key),
            let pem = text({ PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }),
            let publicPEM = text({ PEM_write_bio_PUBKEY($0, key) })
        else { return nil }
        var der: UnsafeMutablePointer<UInt8>?
        let length = Int(i2d_PUBKEY(key, &der))
        defer { CRYPTO_free(der, nil, 0) }
        // Any other length is a compressed point, which not every reader supports.
        guard length == kind.sizes.whole else { return nil }
        self.kind = kind
        self.pem = pem
        self.publicPEM = publicPEM
        publicKey = Array(UnsafeBufferPointer(start: der, count: length).suffix(kind.sizes.key))
    }

    public func sign(_ message: [UInt8]) -> [UInt8] {
        let (key, context) = (readPrivateKey(pem), EVP_MD_CTX_new())
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        // More than either kind needs; the call returns how much it used.
        var signature = [UInt8](repeating: 0, count: 128)
        var length = signature.count
        guard EVP_DigestSignInit(context, nil, kind.digest, nil, key) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else { return [] }
        return Array(signature.prefix(length))
    }

    /// Whether this key signed exactly this message.
    public func hasSigned(_ message: [UInt8], _ signature: [UInt8]) -> Bool {
        let (key, context) = (readPrivateKey(pem), EVP_MD_CTX_new())
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        return EVP_DigestVerifyInit(context, nil, kind.digest, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    private static func kind(of key: OpaquePointer) -> Kind? {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_ED25519: return .ed25519
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 64)
            guard EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else { return nil }
            return strcmp(name, "prime256v1") == 0 ? .p256 : nil
        default: return nil
        }
    }
}

extension SigningKey.Kind {
    /// The number of bytes of a SubjectPublicKeyInfo, and of the key at its end (RFC 8410, RFC 5480).
    fileprivate var sizes: (whole: Int, key: Int) {
        switch self {
        case .ed25519: (44, 32)
        case .p256: (91, 65)
        }
    }

    /// The digest of a message before it is signed; Ed25519 needs none.
    fileprivate var digest: OpaquePointer? {
        switch self {
        case .ed25519: nil
        case .p256: EVP_sha256()
        }
    }
}

private func generate(_ kind: SigningKey.Kind) -> OpaquePointer? {
    let context = EVP_PKEY_CTX_new_id(kind == .p256 ? EVP_PKEY_EC : EVP_PKEY_ED25519, nil)
    defer { EVP_PKEY_CTX_free(context) }
    guard EVP_PKEY_keygen_init(context) == 1,
        kind != .p256 || EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1
    else { return nil }
    var key: OpaquePointer?
    return EVP_PKEY_keygen(context, &key) == 1 ? key : nil
}

private func readPrivateKey(_ pem: String) -> OpaquePointer? {
    let file = BIO_new(BIO_s_mem())
    defer { BIO_free(file) }
    let bytes = Array(pem.utf8)
    guard BIO_write(file, bytes, Int32(bytes.count)) == bytes.count else { return nil }
    // An empty password, because without one libcrypto would ask on the terminal.
    var password: [CChar] = [0]
    return PEM_read_bio_PrivateKey(file, nil, nil, &password)
}

/// Returns what a call writes into one of libcrypto's buffers.
private func text(_ write: (OpaquePointer?) -> Int32) -> String? {
    let file = BIO_new(BIO_s_mem())
    defer { BIO_free(file) }
    guard write(file) == 1 else { return nil }
    var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(file))
    let count = BIO_read(file, &bytes, Int32(bytes.count))
    return String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
}
