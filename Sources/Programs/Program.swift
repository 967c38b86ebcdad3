import Foundation
import Synchronization

/// A program that is started to be waited for, and that ends with the task that waits.
public struct Program: Sendable {
    private let path: String
    private let arguments: [String]
    private let environment: [String: String]?

    /// What came of one start.
    public struct Ending: Sendable {
        /// The exit code, or the number of the signal that ended it.
        public let code: Int32
        public let output: Data
        public let errors: Data
    }

    /// - Parameters:
    ///   - path: absolute.
    ///   - environment: this process's own when absent.
    public init(_ path: String, _ arguments: [String], environment: [String: String]? = nil) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }

    /// Where a program is, by `PATH`.
    public static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Start it, and wait for its end on a thread of its own: those that Swift shares out are as few as processors.
    ///
    /// - Parameters:
    ///   - input: what it reads from standard input; a pipe has to hold it, which is 64 KiB.
    ///   - most: bytes of its output that are read, after which nobody listens. Errors are read to their end, after that.
    /// - Throws: why it cannot be started; `CancellationError` when the task was cancelled, and the program has been killed.
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

/// One process, which somebody else may kill whenever they want.
private final class Running: Sendable {
    private enum State {
        case notBegun, begun, killed
        /// Its number may be another's by now.
        case ended
    }

    private let process: Process
    private let state = Mutex(State.notBegun)

    init(_ process: Process) { self.process = process }

    func talk(input: Data, most: Int) throws -> Program.Ending {
        let (toIt, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (toIt, output, errors)
        // The pipe is full before it starts, so that nobody writes to one whose reader has died.
        try toIt.fileHandleForWriting.write(contentsOf: input)
        try toIt.fileHandleForWriting.close()
        try state.withLock { state in
            guard case .notBegun = state else { throw CancellationError() }
            try process.run()
            state = .begun
        }
        let said = try output.fileHandleForReading.read(upToCount: most) ?? Data()
        try output.fileHandleForReading.close()
        let told = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let wasKilled = state.withLock { state in
            defer { state = .ended }
            if case .killed = state { return true }
            return false
        }
        if wasKilled { throw CancellationError() }
        return Program.Ending(code: process.terminationStatus, output: said, errors: told)
    }

    /// Not asked politely: a daemon ignores SIGTERM but for one thread that waits for it, and what it starts inherits that.
    func kill() {
        state.withLock { state in
            if case .begun = state, process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
            if case .ended = state { return }
            state = .killed
        }
    }
}
