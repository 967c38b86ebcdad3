import Foundation
import Glibc

/// An HTTP/1.1 server on loopback that answers with a function: the other side of a client under test.
///
/// One request a connection; no TLS, no chunks. The adapters' acceptance tests use the real servers.
public final class LoopbackHTTP: Sendable {
    public struct Request: Sendable {
        public let method: String
        /// Without the query.
        public let path: String
        public let query: [String: String]
        public let body: Data

        /// A JSON body's fields; empty for no JSON.
        public var fields: [String: Any] {
            (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
        }
    }

    public struct Answer: Sendable {
        let status: Int
        let headers: [String: String]
        let body: Data

        public init(_ status: Int = 200, _ headers: [String: String] = [:], body: Data) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        /// - Parameter json: anything that `JSONSerialization` takes.
        public init(_ status: Int = 200, _ headers: [String: String] = [:], json: Any) {
            self.init(status, headers, body: (try? JSONSerialization.data(withJSONObject: json)) ?? Data())
        }
    }

    /// Without a trailing slash.
    public let url: String
    private let listener: LoopbackListener

    public init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
        listener = try LoopbackListener { serve($0, answer) }
        url = "http://127.0.0.1:\(listener.port)"
    }
}

private func serve(_ visitor: Int32, _ answer: (LoopbackHTTP.Request) -> LoopbackHTTP.Answer) {
    guard let request = read(visitor) else { return }
    let answer = answer(request)
    var head = "HTTP/1.1 \(answer.status) Answer\r\nContent-Length: \(answer.body.count)\r\nConnection: close\r\n"
    for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
    let bytes = [UInt8](Data("\(head)\r\n".utf8) + answer.body)
    var sent = 0
    while sent < bytes.count {
        let more = bytes[sent...].withUnsafeBytes { send(visitor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard more > 0 else { return }
        sent += more
    }
}

private func read(_ visitor: Int32) -> LoopbackHTTP.Request? {
    var received = Data()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        if let end = received.range(of: Data("\r\n\r\n".utf8)) {
            let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
            let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces)) }
            let body = received[end.upperBound...]
            if body.count >= length ?? 0 { return request(lines[0], Data(body)) }
        }
        let count = recv(visitor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        received += buffer[..<count]
    }
}

private func request(_ line: String, _ body: Data) -> LoopbackHTTP.Request? {
    let words = line.split(separator: " ").map(String.init)
    guard words.count == 3, let parts = URLComponents(string: words[1]) else { return nil }
    let query = (parts.queryItems ?? []).reduce(into: [String: String]()) { $0[$1.name] = $1.value ?? "" }
    return LoopbackHTTP.Request(method: words[0], path: parts.path, query: query, body: body)
}
