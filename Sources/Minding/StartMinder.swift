import CPosix
import Foundation
import Synchronization

/// A command for a minder to run.
public struct MinderRequest: Sendable {
    public var folder: StepFolder
    /// Working folder. Ignored when `lower` is set: the command then starts in the overlay.
    public var workingFolder: String
    /// A read-only workspace to mount `layer` over.
    public var lower: String?
    public var layer: Layer?
    public var command: [String]
    /// What the command may see and change; `nil` for everything that this process may.
    public var sandbox: Sandbox?
    /// The complete environment of the command; it inherits nothing. The minder and the sandbox program get none of it.
    public var environment: [String: String]
    /// Seconds; nil for a service that runs until it is stopped.
    public var timeout: Int64?
    /// Seconds between SIGTERM and SIGKILL.
    public var grace: Int64
    public var group: StepGroup

    public init(
        folder: StepFolder, workingFolder: String = "/", lower: String? = nil, layer: Layer? = nil, command: [String],
        sandbox: Sandbox? = nil, environment: [String: String], timeout: Int64?, grace: Int64 = 10,
        group: StepGroup = StepGroup()
    ) {
        self.folder = folder
        self.workingFolder = workingFolder
        self.lower = lower
        self.layer = layer
        self.command = command
        self.sandbox = sandbox
        self.environment = environment
        self.timeout = timeout
        self.grace = grace
        self.group = group
    }

    var arguments: [String] {
        ["--dir", folder.path, "--folder", workingFolder, "--grace", String(grace)]
            + (lower.map { ["--lower", $0, "--layer", layer?.path ?? folder.path + "/layer"] } ?? [])
            + (timeout.map { ["--timeout", String($0)] } ?? []) + group.arguments
            + ["--environment", "4"] + (sandbox.map { ["--sandbox", $0.program, "--arguments", "5"] } ?? [])
            + ["--"] + command
    }

    /// What the minder reads from descriptors 4 and 5: the command's variables, or the sandbox program's arguments, which
    /// contain them. They appear in no file and no process list.
    var inputs: [[String]] {
        let variables = environment.sorted { $0.key < $1.key }
        guard let sandbox else { return [variables.map { "\($0.key)=\($0.value)" }] }
        let folder = lower == nil ? workingFolder : layer?.tree ?? workingFolder
        return [[], sandbox.arguments(variables: variables, folder: folder)]
    }
}

/// A failure to start or watch a minder: a fault of the infrastructure, never of the step.
public struct MindingError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ what: String, _ code: Int32 = errno) {
        description = "\(what): \(String(cString: strerror(code)))"
    }
}

/// Starts minders and watches them through the locks they hold.
public struct Minders: Sendable {
    /// Path of `espalier-minder`.
    public let program: String
    private let children = Children()

    public init(program: String) {
        self.program = program
    }

    /// Start a minder for a command. When this returns true, the minder holds its lock.
    ///
    /// - Returns: `false` when this folder has a live minder or an exit record. Nothing is started then.
    public func start(_ request: MinderRequest) throws(MindingError) -> Bool {
        let lock = open(request.folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else { throw MindingError("cannot open \(request.folder.lock)") }
        defer { close(lock) }
        guard espalier_try_lock(lock) == 0 else { return false }
        guard access(request.folder.exit, F_OK) != 0 else { return false }
        try spawn(request, keeping: lock)
        return true
    }

    private func spawn(_ request: MinderRequest, keeping lock: Int32) throws(MindingError) {
        let log = open(request.folder.log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard log >= 0 else { throw MindingError("cannot open \(request.folder.log)") }
        defer { close(log) }
        var arguments: [UnsafeMutablePointer<CChar>?] = ([program] + request.arguments).map { strdup($0) } + [nil]
        // A variable of the command must not reach the minder: a name like LD_PRELOAD would load code into it.
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { (arguments + environment).forEach { free($0) } }
        var kept = [lock]
        defer { kept.dropFirst().forEach { close($0) } }
        for input in request.inputs {
            // A zero byte would end the value, and begin another argument of the sandbox program.
            guard !input.contains(where: { $0.utf8.contains(0) }) else {
                throw MindingError("a variable or a path of the command contains a zero byte", EINVAL)
            }
            var bytes: [UInt8] = []
            for text in input {
                bytes += text.utf8
                bytes.append(0)
            }
            let file = espalier_memory_file(bytes, bytes.count)
            guard file >= 0 else { throw MindingError("cannot keep the command's variables in memory") }
            kept.append(file)
        }
        var pid: pid_t = 0
        let code: Int32 = arguments.withUnsafeMutableBytes { arguments in
            environment.withUnsafeMutableBytes { environment in
                kept.withUnsafeBufferPointer { kept in
                    var spawn = espalier_spawn()
                    spawn.arguments = UnsafeRawPointer(arguments.baseAddress)?.assumingMemoryBound(
                        to: UnsafePointer<CChar>?.self)
                    spawn.environment = UnsafeRawPointer(environment.baseAddress)?
                        .assumingMemoryBound(to: UnsafePointer<CChar>?.self)
                    spawn.output = log
                    (spawn.kept, spawn.kept_count) = (kept.baseAddress, Int32(kept.count))
                    // A stop that comes at once must not kill the minder before it can stop its command and leave a record.
                    spawn.holds_signals = 1
                    return espalier_spawn(&spawn, &pid)
                }
            }
        }
        guard code == 0 else { throw MindingError("cannot start \(program)") }
        // The minder writes this too. `stop` can find the id from here on, whichever of both writes first.
        let text = "\(pid)\n"
        _ = pwrite(lock, text, text.utf8.count, 0)
        children.add(pid, of: request.folder)
    }

    /// Whether the folder has a live minder.
    public func isAlive(_ folder: StepFolder) -> Bool {
        let lock = open(folder.lock, O_RDONLY | O_CLOEXEC)
        guard lock >= 0 else { return false }
        defer { close(lock) }
        return espalier_is_unlocked(lock) == 0
    }

    /// Ask the command to end. Its minder kills it after the grace period.
    public func stop(_ folder: StepFolder) {
        guard isAlive(folder), let text = try? String(contentsOfFile: folder.lock, encoding: .utf8),
            let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), pid > 1
        else { return }
        kill(pid, SIGTERM)
    }

    /// Wait until the minder has ended for any reason, and read its exit record. Cancelling the task ends the wait, not the
    /// minder.
    ///
    /// - Returns: nil when there is no record: the minder was killed, or the machine stopped.
    public func end(of folder: StepFolder) async -> Ending? {
        let (ends, end) = AsyncStream<Void>.makeStream()
        // Waiting for the lock may block for hours, so it needs a thread of its own.
        Thread.detachNewThread { [children] in
            let lock = open(folder.lock, O_RDONLY | O_CLOEXEC)
            if lock >= 0 {
                _ = espalier_wait_unlocked(lock)
                close(lock)
            }
            let pid = children.take(folder)
            end.finish()
            if let pid { Children.reap(pid) }
        }
        for await _ in ends {}
        return record(of: folder)
    }

    /// The exit record; nil when there is none that can be read.
    public func record(of folder: StepFolder) -> Ending? {
        (try? String(contentsOfFile: folder.exit, encoding: .utf8)).flatMap(Ending.init(record:))
    }
}

/// The minders that this process started and has to reap.
private final class Children: Sendable {
    private let pids = Mutex<[StepFolder: pid_t]>([:])

    func add(_ pid: pid_t, of folder: StepFolder) { pids.withLock { $0[folder] = pid } }

    func take(_ folder: StepFolder) -> pid_t? { pids.withLock { $0.removeValue(forKey: folder) } }

    /// Reap a minder that has released its lock and is about to end.
    static func reap(_ pid: pid_t) {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }
}
