import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A request to a server.
public struct HTTPRequest: Sendable {
    public let method: String
    public let url: URL
    public let headers: [String: String]
    public let body: Data?

    public init(_ method: String, _ url: URL, headers: [String: String] = [:], body: Data? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// The answer, whatever its status. If it asks for a name and password, only the status is kept.
public struct HTTPAnswer<Body: Sendable>: Sendable {
    /// 0 if the answer is not HTTP.
    public let status: Int
    public let headers: [String: String]
    public let body: Body
}

/// Why there is no answer.
public enum HTTPError: Error, Equatable, Sendable {
    /// No answer, or not in time.
    case unreachable(reason: String)
    /// The task was cancelled meanwhile. The server may have served the request, or may still do so.
    case cancelled
}

/// Sends requests with FoundationNetworking, and works around its bugs. Supports TLS with a certificate that the
/// machine trusts, and the proxy of the environment, as curl does.
public struct HTTPClient: Sendable {
    private let session: URLSession

    /// - Parameter timeout: after this many seconds of silence, a server counts as unreachable.
    public init(timeout: Double = 30) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeout
        session = URLSession(configuration: configuration, delegate: DeclineChallenges(), delegateQueue: nil)
    }

    /// Returns the answer in memory.
    public func load(_ request: HTTPRequest) async throws(HTTPError) -> HTTPAnswer<Data> {
        try await PendingAnswer().value { pending in
            session.dataTask(with: URLRequest(request)) { data, response, error in
                pending.end(answer(data ?? Data(), response, error))
            }.resume()
        }
    }

    /// Returns the answer in a temporary file, which the caller removes.
    public func loadFile(_ request: HTTPRequest) async throws(HTTPError) -> HTTPAnswer<URL> {
        let kept = FileManager.default.temporaryDirectory.appendingPathComponent("espalier-\(UUID().uuidString)")
        return try await PendingAnswer().value { pending in
            session.downloadTask(with: URLRequest(request)) { file, response, error in
                var trouble = error
                do {
                    // The session deletes its file when this returns.
                    if let file { try FileManager.default.moveItem(at: file, to: kept) }
                } catch {
                    trouble = error
                }
                if !pending.end(answer(kept, response, trouble)) {
                    try? FileManager.default.removeItem(at: kept)
                }
            }.resume()
        }
    }
}

private func answer<Body: Sendable>(_ body: Body, _ response: URLResponse?, _ error: (any Error)?)
    -> Result<HTTPAnswer<Body>, HTTPError>
{
    if let error {
        // We never cancel a request, so its challenge was declined, which loses the answer.
        if (error as? URLError)?.code == .cancelled {
            return .success(HTTPAnswer(status: 401, headers: [:], body: body))
        }
        return .failure(.unreachable(reason: error.localizedDescription))
    }
    let response = response as? HTTPURLResponse
    let fields = (response?.allHeaderFields ?? [:]).map { ("\($0.key)", "\($0.value)") }
    return .success(
        HTTPAnswer(
            status: response?.statusCode ?? 0, headers: Dictionary(fields) { "\($0), \($1)" }, body: body))
}

extension URLRequest {
    fileprivate init(_ request: HTTPRequest) {
        self.init(url: request.url)
        httpMethod = request.method
        httpBody = request.body
        for (name, value) in request.headers { setValue(value, forHTTPHeaderField: name) }
    }
}
