import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Performs the calls that a forge is asked for.
public struct ForgeClient: Sendable {
    private let session: URLSession

    /// - Parameter timeout: seconds until a forge that does not answer counts as unreachable.
    public init(timeout: Double = 30) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeout
        session = URLSession(configuration: configuration, delegate: DeclineChallenges(), delegateQueue: nil)
    }

    /// The answer, whatever its status.
    ///
    /// - Throws: `.unreachable`.
    public func send(_ request: ForgeRequest) async throws(ForgeError) -> ForgeResponse {
        guard let url = URL(string: request.url) else {
            throw .unreachable(url: request.url, reason: "that is no address")
        }
        var call = URLRequest(url: url)
        call.httpMethod = request.method
        call.httpBody = request.body.map { Data($0) }
        for (name, value) in request.headers { call.setValue(value, forHTTPHeaderField: name) }
        let answer: (Data, URLResponse)
        do {
            answer = try await session.data(for: call)
        } catch {
            if error.isDeclinedChallenge {
                return ForgeResponse(status: 401, headers: HeaderFields([]), body: Array("it asks for a password".utf8))
            }
            throw .unreachable(url: request.url, reason: error.localizedDescription)
        }
        let response = answer.1 as? HTTPURLResponse
        let fields = (response?.allHeaderFields ?? [:]).map { (key: "\($0.key)", value: "\($0.value)") }
        return ForgeResponse(
            status: response?.statusCode ?? 0, headers: HeaderFields(fields), body: [UInt8](answer.0))
    }
}
