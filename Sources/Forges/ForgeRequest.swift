/// A REST request. Somebody else performs it.
public struct ForgeRequest: Sendable, Hashable {
    public let method: String
    /// Absolute.
    public let url: String
    /// Contains the token: do not log.
    public let headers: [String: String]
    public let body: [UInt8]?

    public init(method: String, url: String, headers: [String: String], body: [UInt8]? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// The forge's answer, whatever its status.
public struct ForgeResponse: Sendable, Hashable {
    public let status: Int
    public let headers: HeaderFields
    public let body: [UInt8]

    public init(status: Int, headers: HeaderFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
