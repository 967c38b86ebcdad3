import Clibcrypto

/// The hash functions of webhook signatures.
public enum MessageDigest: Sendable, Hashable, CaseIterable {
    /// FIPS 180-4, 20 bytes. Only for senders that support nothing better.
    case sha1
    /// FIPS 180-4, 32 bytes.
    case sha256
}

/// The HMAC of a message under a key (RFC 2104), 20 or 32 bytes.
///
/// - Parameter key: of any length, also empty.
public func hmac(_ digest: MessageDigest, key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let algorithm =
        switch digest {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        }
    var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    // Keys are padded with zeros, so an empty key equals one zero byte. A null key would mean something else to
    // libcrypto.
    let key = key.isEmpty ? [0] : key
    _ = HMAC(algorithm, key, Int32(key.count), message, message.count, &code, &length)
    return Array(code.prefix(Int(length)))
}
