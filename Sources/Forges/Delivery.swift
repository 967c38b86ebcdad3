/// The request of a webhook: header fields, and the body exactly as received, because signatures cover its bytes.
public struct Delivery: Sendable, Hashable {
    public let headers: HeaderFields
    public let body: [UInt8]

    public init(headers: HeaderFields, body: [UInt8]) {
        self.headers = headers
        self.body = body
    }
}

/// The hash functions that a forge may sign with.
public enum HashFunction: Sendable, Hashable {
    case sha1
    case sha256
}

/// Computes a message authentication code (RFC 2104): 20 bytes with SHA-1, 32 with SHA-256.
public typealias HMACFunction = (_ function: HashFunction, _ key: [UInt8], _ message: [UInt8]) -> [UInt8]
