import NIOCore

/// Decides about requests to a server behind us.
public protocol Door: Sendable {
    /// How the body of a request reaches `route`.
    func body(of head: DoorHead) async -> DoorBody

    /// What becomes of a request.
    ///
    /// - Parameter body: empty unless it is collected.
    func route(_ head: DoorHead, body: [UInt8]) async -> DoorRoute
}

/// A request without its body, as the client wrote it.
public struct DoorHead: Sendable {
    public let method: String
    public let target: String
    public let authorization: String?
    public let contentType: String?
    public let accept: String?
}

public enum DoorBody: Sendable {
    /// Read first, up to so many bytes.
    case collected(limit: Int)
    /// Passed on while it comes.
    case streamed
}

public enum DoorRoute: Sendable {
    case forward(Forwarded)
    /// Answered by ourselves, with JSON.
    case answer(status: Int, json: [UInt8])
}

/// A request as the server behind us gets it.
public struct Forwarded: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// The client's own, with its length.
        case streamed
    }

    public var server: BackServer
    public var method: String
    /// Path and query, below the server's own path.
    public var target: String
    public var headers: [(name: String, value: String)]
    public var body: Body

    public init(
        to server: BackServer, _ method: String, _ target: String, headers: [(name: String, value: String)], body: Body
    ) {
        self.server = server
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }
}

/// The address of a server behind us.
public struct BackServer: Sendable, Hashable {
    public enum Place: Sendable, Hashable {
        case unixSocket(String)
        case tcp(host: String, port: Int, hasTLS: Bool)
    }

    public var place: Place
    /// Before every path: empty, or `/ml/tracking`.
    public var prefix: String
    /// How the server is called in `Host`.
    public var authority: String

    public init(place: Place, prefix: String, authority: String) {
        self.place = place
        self.prefix = prefix
        self.authority = authority
    }
}
