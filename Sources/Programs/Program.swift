import Foundation
import Synchronization

/// A program to run to its end. It is killed when the waiting task is cancelled.
public struct Program: Sendable {
    private let path: String
    private let arguments: [String]
    private let environment: [String: String]?

    /// The result of one run.
    public struct Ending: Sendable {
        /// The exit code, or the number of the signal that ended it.
        public let code: Int32
        /// Standard output.
        public let output: Data
        /// The first MiB of standard error.
        public let errors: Data
    }

    /// - Parameters:
    ///   - path: absolute.
    ///   - environment: that of this process when absent.
    public init(_ path: String, _ arguments: [String], environment: [String: String]? = nil) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }

    /// The path of a program, looked up on `PATH`.
    public static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Start the program and wait for its end, on a thread of its own: Swift has only as many threads as processors.
    ///
    /// - Parameters:
    ///   - input: its standard input, of any size. The program need not read it.
    ///   - most: bytes of its standard output to read. Then the pipe is closed, which ends a program that writes more.
    /// - Throws: why it cannot be started; `CancellationError` when the task was cancelled, after the program has been killed.
    public func run(input: Data = Data(), most: Int = .max) async throws -> Ending {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let environment { process.environment = environment }
        let running = Running(process)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(with: Result { try running.talk(input: input, most: most) })
                }
            }
        } onCancel: {
            running.kill()
        }
    }
}

/// One process, which another thread may kill at any time.
private final class Running: Sendable {
    private enum State {
        case notBegun, begun, killed
        /// Its process id may belong to another process by now.
        case ended
    }

    private let process: Process
    private let state = Mutex(State.notBegun)
    /// Closed by `kill`, so that no reader waits on pipes that the program's children hold open.
    private let killed = Pipe()

    init(_ process: Process) { self.process = process }

    func talk(input: Data, most: Int) throws -> Program.Ending {
        let (toIt, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (toIt, output, errors)
        try state.withLock { state in
            guard case .notBegun = state else { throw CancellationError() }
            try process.run()
            state = .begun
        }
        try? toIt.fileHandleForReading.close()
        let (said, told) = Conversation(
            input: input, toIt.fileHandleForWriting, output: output.fileHandleForReading, most: most,
            errors: errors.fileHandleForReading
        ).finish(orUntil: killed.fileHandleForReading)
        process.waitUntilExit()
        let wasKilled = state.withLock { state in
            defer { state = .ended }
            if case .killed = state { return true }
            return false
        }
        if wasKilled { throw CancellationError() }
        return Program.Ending(code: process.terminationStatus, output: said, errors: told)
    }

    /// Kill it and what it started with SIGKILL: the daemon blocks SIGTERM in all its threads but one, and children inherit
    /// that.
    func kill() {
        state.withLock { state in
            if case .ended = state { return }
            if case .begun = state, process.isRunning {
                // Foundation gives each process a group of its own.
                Foundation.kill(-process.processIdentifier, SIGKILL)
                Foundation.kill(process.processIdentifier, SIGKILL)
            }
            state = .killed
            try? killed.fileHandleForWriting.close()
        }
    }
}

/// Transfers all data through the three pipes of a program, in any order of reads and writes.
///
/// A pipe holds 64 KiB. Finishing one pipe before the next would deadlock when the program waits on another.
private struct Conversation {
    private static let mostErrors = 1 << 20

    private var input: Data
    private var toIt: FileHandle?
    private var output: Side
    private var errors: Side
    private let most: Int

    private struct Side {
        var handle: FileHandle?
        var data = Data()

        /// For `poll`, which skips -1.
        var descriptor: Int32 { handle?.fileDescriptor ?? -1 }

        mutating func close() {
            try? handle?.close()
            handle = nil
        }
    }

    init(input: Data, _ toIt: FileHandle, output: FileHandle, most: Int, errors: FileHandle) {
        (self.input, self.toIt, self.most) = (input, toIt, most)
        (self.output, self.errors) = (Side(handle: output), Side(handle: errors))
        for handle in [toIt, output, errors] {
            let flags = fcntl(handle.fileDescriptor, F_GETFL)
            _ = fcntl(handle.fileDescriptor, F_SETFL, flags | O_NONBLOCK)
        }
    }

    /// Read and write until all pipes are closed, or until `stop` is.
    consuming func finish(orUntil stop: FileHandle) -> (output: Data, errors: Data) {
        // A write to a program that has ended is an error here, not the end of this process. Only this thread writes.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        if input.isEmpty { closeInput() }
        if most <= 0 { output.close() }
        while toIt != nil || output.handle != nil || errors.handle != nil {
            var waited = [
                pollfd(fd: toIt?.fileDescriptor ?? -1, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errors.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: stop.fileDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waited, nfds_t(waited.count), -1) >= 0 || errno == EINTR else { break }
            if waited[3].revents != 0 { break }
            if waited[0].revents != 0 { write() }
            if waited[1].revents != 0, let bytes = Self.read(&output) {
                output.data += bytes.prefix(most - output.data.count)
                if output.data.count >= most { output.close() }
            }
            if waited[2].revents != 0, let bytes = Self.read(&errors) {
                errors.data += bytes.prefix(Self.mostErrors - errors.data.count)
            }
        }
        closeInput()
        output.close()
        errors.close()
        return (output.data, errors.data)
    }

    private mutating func write() {
        guard let descriptor = toIt?.fileDescriptor else { return }
        let count = input.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 {
            input = input.dropFirst(count)
            if input.isEmpty { closeInput() }
        } else if errno != EAGAIN, errno != EINTR {
            // The program has closed its standard input. Its exit code says whether that is a failure.
            closeInput()
        }
    }

    private mutating func closeInput() {
        try? toIt?.close()
        toIt = nil
    }

    /// Reads what is available. Closes the side at the end of its data.
    private static func read(_ side: inout Side) -> Data? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = Foundation.read(side.descriptor, &bytes, bytes.count)
        if count > 0 { return Data(bytes[0..<count]) }
        if count == 0 || (errno != EAGAIN && errno != EINTR) { side.close() }
        return nil
    }
}
