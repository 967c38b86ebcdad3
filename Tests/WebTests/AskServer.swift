import Foundation
import HTTP
import Logging
import Reports
import Testing
import Web

/// The response.
struct Answered: Sendable {
    let status: Int
    private let headers: [String: String]
    let text: String

    init(_ answer: HTTPAnswer<Data>) {
        status = answer.status
        headers = Dictionary(answer.headers.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
        text = String(decoding: answer.body, as: UTF8.self)
    }

    /// The body's JSON, as an object.
    func object() throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }
    func list() throws -> [[String: Any]] {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]] ?? []
    }
    func header(_ name: String) -> String? { headers[name.lowercased()] }
}

/// Takes no webhooks.
struct NoWebhooks: Webhooks {
    func receive(project: String, headers: [(name: String, value: String)], body: [UInt8]) async throws -> (
        status: Int, text: String
    ) { (404, "no webhooks here") }
}

extension WebServer {
    /// A server on loopback with a fixed clock.
    init(_ answers: FixedAnswers, host: String = "127.0.0.1", port: UInt16 = 0) {
        self.init(
            answers: answers, webhooks: NoWebhooks(), host: host, port: port,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { Sample.now })
    }
}

private let client = HTTPClient()

/// Request a path over loopback from a server with these answers.
func get(_ path: String, of answers: FixedAnswers, lastEvent: String? = nil) async throws -> Answered {
    try await WebServer(answers).serve { address in
        let url = try #require(URL(string: address.dropLast() + path))
        let headers = lastEvent.map { ["Last-Event-ID": $0] } ?? [:]
        return Answered(try await client.load(HTTPRequest("GET", url, headers: headers)))
    }
}
