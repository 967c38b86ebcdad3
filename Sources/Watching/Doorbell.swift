import CPosix
import Foundation

/// One message to the daemon: its lines, and a way to answer.
public struct Ring: Sendable {
    /// The first word is the kind: `pushed`, `look`.
    public let lines: [String]
    private let connection: Connection

    init(lines: [String], connection: Connection) {
        self.lines = lines
        self.connection = connection
    }

    /// Answers the sender and closes the connection. Does nothing if the sender has gone.
    public func answer(_ text: String) { connection.finish(text) }
}

/// Closes the descriptor when the last reference goes away.
final class Connection: Sendable {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    func finish(_ text: String) {
        _ = text.withCString { send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Reads lines up to an empty one or the end; nil if the input is not a message.
    func readLines() -> [String]? {
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 16 << 20 {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { bytes += buffer[0..<count] }
            if count <= 0 || bytes.suffix(2) == [10, 10] {
                return String(validating: bytes, as: UTF8.self)?.split(separator: "\n").map(String.init)
            }
        }
        return nil
    }
}

/// The daemon's Unix socket. Hooks and commands report what happened, and may wait for an answer.
public struct Doorbell: Sendable {
    private let descriptor: Int32

    /// - Parameter path: at most 107 bytes, a limit of the system.
    public init(path: String) throws(WatchingError) {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw WatchingError("cannot put the daemon's socket at \(path), remove what is there")
        }
        descriptor = espalier_listen(path)
        guard descriptor >= 0 else { throw WatchingError("cannot listen on \(path)") }
        chmod(path, 0o660)
    }

    /// Messages as they arrive, until the consumer stops.
    public func rings() -> AsyncStream<Ring> {
        let descriptor = self.descriptor
        return AsyncStream { continuation in
            let thread = Thread {
                while true {
                    let accepted = espalier_accept(descriptor)
                    if accepted < 0 {
                        if errno == EINTR || errno == ECONNABORTED { continue }
                        break
                    }
                    // Each connection has its own thread, so a silent one does not block others.
                    Thread.detachNewThread {
                        let connection = Connection(accepted)
                        guard let lines = connection.readLines(), !lines.isEmpty else { return }
                        continuation.yield(Ring(lines: lines, connection: connection))
                    }
                }
                continuation.finish()
            }
            thread.name = "doorbell"
            thread.start()
            continuation.onTermination = { _ in shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Sends a message to a daemon's socket. Returns the answer; nil if nobody listens.
    public static func ring(_ path: String, _ lines: [String], waitSeconds: Int = 5) -> String? {
        let descriptor = espalier_connect(path)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let text = lines.joined(separator: "\n") + "\n\n"
        _ = text.withCString { send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        var limit = timeval(tv_sec: waitSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[0..<count]
        }
    }
}
