import Digests
import Events
import Foundation
import Home
import Minding
import Plans
import Projects
import Runs

/// Runs commands on this machine, each under a minder that outlives the daemon.
package struct LocalExecutor: Executor {
    package let slots: Int
    let home: Home
    let minders: Minders
    let groups: ControlGroups
    let scratch: ScratchFolders
    let machine: MachineParts
    /// The folders with the files of a repository's tree, topmost first, in the order of overlayfs `lowerdir`.
    let workspace: @Sendable (_ tree: ObjectID, _ repository: String) async throws -> String
    private let locks = AttemptLocks()

    package init(
        slots: Int, home: Home, minders: Minders, groups: ControlGroups, scratch: ScratchFolders,
        policy: Policy = .strict,
        workspace: @escaping @Sendable (_ tree: ObjectID, _ repository: String) async throws -> String
    ) {
        self.slots = slots
        self.home = home
        self.minders = minders
        self.groups = groups
        self.scratch = scratch
        machine = MachineParts(policy: policy, home: home)
        self.workspace = workspace
    }

    /// Whether a minder ever held the attempt's folder. If so, the command may have run and is not started again.
    package func wasStarted(_ attempt: Attempt) throws -> Bool {
        let folder = home.folder(of: attempt)
        guard FileManager.default.fileExists(atPath: folder.lock) else { return false }
        if minders.isAlive(folder) || FileManager.default.fileExists(atPath: folder.exit) { return true }
        return try FileManager.default.attributesOfItem(atPath: folder.lock)[.size] as? Int ?? 0 > 0
    }

    package func start(_ job: Job) async throws {
        guard try !wasStarted(job.attempt) else { return }
        let contract = StepContract(job, home: home, layer: scratch.layer(named: "\(job.attempt)"), machine: machine)
        let lower = try await workspace(job.run.plan.tree, job.repository)
        let environment = try contract.environment()
        let sandbox = try contract.sandbox()
        let remark = try unenforcedLimits(of: job)
        try await locks.withLock(job.attempt) {
            // Somebody else may have started it meanwhile.
            guard try !wasStarted(job.attempt) else { return }
            try start(job, contract, lower: lower, sandbox, environment, remark: remark)
        }
    }

    private func start(
        _ job: Job, _ contract: StepContract, lower: String, _ sandbox: Sandbox?, _ environment: [String: String],
        remark: String?
    ) throws {
        try scratch.take("\(job.attempt)")
        try contract.prepare()
        if let remark { try write([remark], toLogOf: job.attempt) }
        Failpoint.reach(.stepPrepared)
        _ = try minders.start(
            MinderRequest(
                folder: contract.folder, lower: lower, layer: contract.layer,
                command: ["/bin/sh", "-c", job.command], sandbox: sandbox, environment: environment,
                timeout: job.step.compute.timeout,
                group: groups.group(named: "\(job.attempt)", job.step.compute.limits)))
        Failpoint.reach(.minderSpawned)
    }

    package func result(of job: Job) async throws -> StepResult {
        let folder = home.folder(of: job.attempt)
        let ending = await minders.end(of: folder)
        // A daemon that shuts down leaves the step to its minder, and does not touch the folder.
        try Task.checkCancellation()
        Failpoint.reach(.minderEnded)
        if ending == nil { groups.group(named: "\(job.attempt)", job.step.compute.limits).end() }
        return try await locks.withLock(job.attempt) { try collect(job, ending, in: folder) }
    }

    private func collect(_ job: Job, _ ending: Ending?, in folder: StepFolder) throws -> StepResult {
        let layer = scratch.layer(named: "\(job.attempt)")
        // Take the outputs before another step reuses the layer. If this daemon dies here, the next finds them in the step's folder.
        try takeOutputs(of: layer, into: folder)
        defer { scratch.giveBack(layer) }
        return try collectResult(of: job, Outcome(ending, timeout: job.step.compute.timeout), in: folder, home)
    }

    package func stop(_ attempt: Attempt) { minders.stop(home.folder(of: attempt)) }

    package func logTail(of attempt: Attempt) -> [String] { home.folder(of: attempt).logTail }

    package func write(_ lines: [String], toLogOf attempt: Attempt) throws {
        let folder = home.folder(of: attempt)
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: folder.log))
    }

    package func append(_ line: String, toLogOf attempt: Attempt) throws {
        let path = home.folder(of: attempt).log
        let log = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard log >= 0 else { throw DaemonError.unusable("cannot write \(path): \(String(cString: strerror(errno)))") }
        let file = FileHandle(fileDescriptor: log, closeOnDealloc: true)
        // The command may have written half a line.
        var last: UInt8 = UInt8(ascii: "\n")
        let end = lseek(log, 0, SEEK_END)
        if end > 0 { _ = pread(log, &last, 1, end - 1) }
        try file.write(contentsOf: Data(((last == UInt8(ascii: "\n") ? "" : "\n") + line + "\n").utf8))
    }

    package func restore(_ result: KeptResult, for attempt: Attempt, trust: Trust) async throws -> [String: String]? {
        let folder = home.folder(of: attempt)
        let kept = KeptResults(folder: home.kept, trust: trust)
        let isWhole = try await onOwnThread { try kept.restore(result, into: folder.outputs) }
        Failpoint.reach(.resultRestored)
        return isWhole ? result.outputs.mapValues { "\(folder.outputs)/\($0)" } : nil
    }

    /// A remark about limits that this machine cannot enforce. If a sandbox is required, the step does not start.
    private func unenforcedLimits(of job: Job) throws -> String? {
        let missing = groups.missing(for: job.step.compute.limits)
        guard !missing.isEmpty else { return nil }
        let what = missing.map { "\($0):" }.joined(separator: " and ")
        guard job.run.plan.settings.sandbox != .required else {
            throw DaemonError.refused(
                "no control group of this machine can enforce \(what) of its compute, and its environment requires a "
                    + "sandbox: see `espalier doctor`, remove the limit, or set `sandbox: best-effort`")
        }
        return "espalier: \(what) of the step's compute is not enforced here: see `espalier doctor`"
    }
}

/// Move a step's outputs out of its layer. Nothing is created for empty outputs.
func takeOutputs(of layer: Layer, into folder: StepFolder) throws {
    if let names = try? FileManager.default.contentsOfDirectory(atPath: layer.outputs), !names.isEmpty {
        try move(layer.outputs, to: folder.outputs)
        mkdir(layer.outputs, 0o755)
    }
    var status = stat()
    if lstat(layer.output, &status) == 0, status.st_size > 0 || status.st_mode & S_IFMT != S_IFREG {
        try move(layer.output, to: folder.output)
        close(open(layer.output, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
    }
}

/// Rename, or copy and remove if the two are on different file systems.
private func move(_ source: String, to target: String) throws {
    if rename(source, target) == 0 { return }
    // If a daemon died after the move, the target exists already, with what the step wrote.
    guard errno == EXDEV else {
        throw DaemonError.unusable("\(source) cannot be moved to \(target): \(String(cString: strerror(errno)))")
    }
    // A daemon that died after copying left the source, or a part of it.
    if let copied = try? FileManager.default.contentsOfDirectory(atPath: target), !copied.isEmpty {
        return try FileManager.default.removeItem(atPath: source)
    }
    let partial = target + ".partial"
    try? FileManager.default.removeItem(atPath: partial)
    try FileManager.default.copyItem(atPath: source, toPath: partial)
    guard rename(partial, target) == 0 else {
        throw DaemonError.unusable("\(source) cannot be copied to \(target): \(String(cString: strerror(errno)))")
    }
    try FileManager.default.removeItem(atPath: source)
}

extension Home {
    /// The folder of an attempt.
    package func folder(of attempt: Attempt) -> StepFolder {
        StepFolder(step(attempt.run, attempt.step, attempt: attempt.number))
    }
}

extension Compute {
    package var limits: Limits { Limits(cpus: cpus, memory: memory, processes: processes) }
}

/// The folder of control groups of a home's daemons.
package func groupName(of home: Home) -> String { "espalier-\(sha256(home.path).prefix(8))" }

extension Outcome {
    /// What a minder's record means. No record: the minder was killed, or the machine stopped.
    package init(_ ending: Ending?, timeout: Int64) {
        self =
            switch ending {
            case .exited(0): .passed
            case .exited(let code): .failed(exitCode: code)
            case .signalled(let signal): .killed(signal: signal)
            case .timedOut: .timedOut(seconds: timeout)
            case .outOfMemory: .outOfMemory
            case .stopped: .cancelled
            case .unprepared(let reason): .lost(reason: reason)
            case nil: .lost(reason: "its minder ended without a record")
            }
    }
}
