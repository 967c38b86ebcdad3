import Foundation

/// The only way to standard output: every byte is written at once, and a failure ends the program with a sentence.
enum StandardOutput {
    /// Write to standard output, or end this process: with exit code 1 and a sentence when that fails, and without a word
    /// when nobody reads any more (`espalier logs 7 | head`).
    static func write(_ data: Data) {
        guard let code = tryWriting(data) else { return }
        if code == EPIPE {
            // What happens to other programs; this one may have been started with the signal ignored.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
        } else {
            StandardError.write("Error: cannot write to standard output: \(String(cString: strerror(code)))\n")
        }
        exit(1)
    }

    /// Write to standard output.
    ///
    /// - Returns: the error number when that fails, else `nil`.
    static func tryWriting(_ data: Data) -> Int32? { writeAll(data, to: STDOUT_FILENO) }
}

/// The only way to standard error. Where it cannot be written to there is nobody to tell.
enum StandardError {
    static func write(_ text: String) { _ = writeAll(Data(text.utf8), to: STDERR_FILENO) }
}

/// Print to standard output. Takes the place of Swift's own `print`, which says nothing when it fails.
func print(_ item: Any, terminator: String = "\n") { StandardOutput.write(Data("\(item)\(terminator)".utf8)) }

/// - Returns: the error number of the first write that fails, else `nil`.
private func writeAll(_ data: Data, to descriptor: Int32) -> Int32? {
    var rest = data[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
            // Whoever shares the descriptor has it not block.
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&ready, 1, -1)
        } else if errno != EINTR {
            return errno
        }
    }
    return nil
}
