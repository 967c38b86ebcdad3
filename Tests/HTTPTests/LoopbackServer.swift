import Fixtures
import Foundation
import Glibc
import Testing

/// A server on loopback that gives every request the same answer.
final class LoopbackServer: Sendable {
    let url: URL
    private let listener: LoopbackListener

    /// - Parameter answer: status line, fields and body; nil to say nothing.
    init(answer: String?) throws {
        listener = try LoopbackListener { serve($0, answer) }
        url = try #require(URL(string: "http://127.0.0.1:\(listener.port)/"))
    }
}

/// Requests are small, and arrive in one piece.
private func serve(_ visitor: Int32, _ answer: String?) {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while recv(visitor, &buffer, buffer.count, 0) > 0 {
        guard let answer else { continue }
        _ = answer.withCString { send(visitor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
    }
}
