import Foundation
import Glibc
import Testing

/// A server on loopback that gives every request the same answer.
final class LoopbackServer: Sendable {
    let url: URL
    private let listener: Int32

    /// - Parameter answer: status line, fields and body; nil to say nothing.
    init(answer: String?) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listens = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        url = try #require(listens ? URL(string: "http://127.0.0.1:\(port)/") : nil)
        listener = descriptor
        Thread.detachNewThread {
            while true {
                let visitor = accept(descriptor, nil, nil)
                guard visitor >= 0 else { return }
                Thread.detachNewThread { serve(visitor, answer) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}

/// Requests are small, and come whole.
private func serve(_ visitor: Int32, _ answer: String?) {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while recv(visitor, &buffer, buffer.count, 0) > 0 {
        guard let answer else { continue }
        _ = answer.withCString { send(visitor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
    }
    close(visitor)
}
