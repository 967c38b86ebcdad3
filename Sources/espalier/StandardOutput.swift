import Foundation
import Projects

/// All standard output goes through here. Every byte is written at once. If that fails, the program ends with a message.
enum StandardOutput {
    /// Writes to standard output. If that fails, ends the process: with exit code 1 and a message, or silently if the
    /// reader has closed the pipe (`espalier logs 7 | head`).
    static func write(_ data: Data) {
        guard let code = tryWriting(data) else { return }
        if code == EPIPE {
            // End by SIGPIPE, like other programs, even if the parent had this process ignore it.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
        } else {
            StandardError.write("Error: cannot write to standard output: \(String(cString: strerror(code)))\n")
        }
        exit(1)
    }

    /// Writes to standard output.
    ///
    /// - Returns: the error number if that fails, else `nil`.
    static func tryWriting(_ data: Data) -> Int32? { writeAll(data, to: STDOUT_FILENO) }
}

/// All standard error goes through here. If a write fails, there is nowhere left to report it.
enum StandardError {
    static func write(_ text: String) { _ = writeAll(Data(plainText(text).utf8), to: STDERR_FILENO) }
}

/// Prints to standard output. Replaces Swift's own `print`, which does not report failures. What a terminal would obey is escaped.
func print(_ item: Any, terminator: String = "\n") {
    StandardOutput.write(Data(plainText("\(item)\(terminator)").utf8))
}

/// - Returns: the error number of the first failed write, otherwise `nil`.
private func writeAll(_ data: Data, to descriptor: Int32) -> Int32? {
    var rest = data[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
            // Another process that shares the descriptor has made it non-blocking.
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&ready, 1, -1)
        } else if errno != EINTR {
            return errno
        }
    }
    return nil
}
