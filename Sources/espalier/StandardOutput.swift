import Foundation

/// The only way to write to standard output: bytes are written at once, and an error ends the program with a message.
enum StandardOutput {
    /// Write to standard output. On an error, the process exits with code 1 and a message. When the reader has gone
    /// (`espalier logs 7 | head`), it exits silently.
    static func write(_ data: Data) {
        guard let code = tryWriting(data) else { return }
        if code == EPIPE {
            // The default of other programs. This one may have been started with the signal ignored.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
        } else {
            StandardError.write("Error: cannot write to standard output: \(String(cString: strerror(code)))\n")
        }
        exit(1)
    }

    /// Write to standard output.
    ///
    /// - Returns: the error number if that fails, otherwise `nil`.
    static func tryWriting(_ data: Data) -> Int32? { writeAll(data, to: STDOUT_FILENO) }
}

/// The only way to write to standard error. If that fails, nobody can be told.
enum StandardError {
    static func write(_ text: String) { _ = writeAll(Data(text.utf8), to: STDERR_FILENO) }
}

/// Print to standard output. Replaces Swift's own `print`, which ignores write errors.
func print(_ item: Any, terminator: String = "\n") { StandardOutput.write(Data("\(item)\(terminator)".utf8)) }

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
