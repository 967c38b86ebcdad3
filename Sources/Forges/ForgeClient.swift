import Foundation
import HTTP

/// Performs requests to a forge.
public struct ForgeClient: Sendable {
    private let client: HTTPClient

    /// - Parameter timeout: after this many seconds without an answer, a forge counts as unreachable.
    public init(timeout: Double = 30) { client = HTTPClient(timeout: timeout) }

    /// The answer, whatever its status.
    ///
    /// - Throws: `.unreachable`.
    public func send(_ request: ForgeRequest) async throws(ForgeError) -> ForgeResponse {
        guard let url = URL(string: request.url) else {
            throw .unreachable(url: request.url, reason: "that is not a URL")
        }
        do {
            let answer = try await client.load(
                HTTPRequest(request.method, url, headers: request.headers, body: request.body.map { Data($0) }))
            return ForgeResponse(
                status: answer.status, headers: HeaderFields(answer.headers), body: Array(answer.body))
        } catch {
            switch error {
            case .unreachable(let reason): throw .unreachable(url: request.url, reason: reason)
            case .cancelled: throw .unreachable(url: request.url, reason: "the request was cancelled")
            }
        }
    }
}
