import Digests
import Events
import Foundation
import Minding
import Plans
import Programs
import ProjectFiles
import Projects
import Registry
import Reports
import Runs
import Store

/// What a step left behind.
struct StepResult: Sendable {
    var outcome: Outcome
    var values: [String: String] = [:]
    /// Kept outputs: name → path.
    var outputs: [String: String] = [:]
    /// What a step without a command of its own has to say; goes where a command's output goes.
    var said: [String] = []
    /// What later runs may take instead of doing the same again.
    var kept: KeptResult?
    /// The monitor report that it wrote, as it wrote it.
    var monitor: String?
    /// What it has planned for infrastructure.
    var infrastructure: InfrastructureRecord?
}

/// Runs a step's command under a minder, from its folder to its result.
struct CommandRunner: Sendable {
    let home: Home
    let minders: Minders
    let groups: ControlGroups
    let scratch: ScratchFolders
    /// The folders that hold the files of a tree of a repository, uppermost first.
    let workspace: @Sendable (_ tree: ObjectID, _ repository: String) async throws -> String

    var kept: KeptResults { KeptResults(folder: home.kept) }

    /// Start the command, or find the one that is already running, and wait for its end.
    ///
    /// - Parameters:
    ///   - repository: where the run's tree is read from.
    ///   - extra: variables beyond the contract's own: tracking server, model versions.
    func run(
        _ command: String, step: PlannedStep, of run: StoredRun, progress: RunProgress, attempt: Int,
        repository: String, extra: [String: String], isStopping: @Sendable () async -> Bool
    ) async throws -> StepResult {
        let folder = StepFolder(home.step(run.id, step.name, attempt: attempt))
        let name = "\(run.id).\(step.name).\(attempt)"
        if try !wasClaimed(folder) {
            if await isStopping() { throw CancellationError() }
            let lower = try await workspace(run.plan.tree, repository)
            let layer = scratch.layer(named: name)
            let environment = try self.environment(step, of: run, progress, folder, layer)
                .merging(extra.merging(["ESPALIER_ATTEMPT": String(attempt)]) { $1 }) { $1 }
            let argv = try wrapped(command, step: step, run: run, layer)
            let remark = try unenforced(step, run.plan.settings.sandbox)
            try scratch.take(name)
            try prepare(folder, layer, step: step, of: run, progress)
            try note(remark, in: folder)
            Failpoint.reach(.stepPrepared)
            _ = try minders.start(
                MinderRequest(
                    folder: folder, lower: lower, layer: layer, command: argv, environment: environment,
                    timeout: step.compute.timeout, group: groups.group(named: name, step.compute.limits)))
            Failpoint.reach(.minderSpawned)
        }
        if await isStopping() { minders.stop(folder) }
        let ending = await minders.end(of: folder)
        // A daemon that ends leaves the step to its minder, and its folder as it is.
        try Task.checkCancellation()
        Failpoint.reach(.minderEnded)
        if ending == nil { groups.group(named: name, step.compute.limits).end() }
        let layer = scratch.layer(named: name)
        // Into the folder of the step, before the layer is another step's: a daemon that dies here finds them there.
        move(layer, to: folder)
        defer { scratch.giveBack(layer) }
        let outcome = Outcome(ending, timeout: step.compute.timeout)
        if let excuse = excuse(outcome, step, run.plan, folder) { return excuse }
        guard outcome == .passed else { return StepResult(outcome: outcome) }
        var result = collect(step, folder)
        if result.outcome == .passed { readMonitorReport(step, &result) }
        if result.outcome == .passed { try readPlan(step, &result) }
        if result.outcome == .passed { result.kept = try keep(result, step, run.plan, folder) }
        return result
    }

    /// What a monitoring step found goes into the store, where it outlives the step's files, and counts as reported. A
    /// report that cannot be read would be drift that nobody hears of: the step has not done its work.
    private func readMonitorReport(_ step: PlannedStep, _ result: inout StepResult) {
        guard let name = step.monitor, let path = result.outputs[name] else { return }
        let data = FileManager.default.contents(atPath: path) ?? Data()
        guard data.count <= largestFile else {
            result.outcome = .refused(reason: "the monitor report \(name).json is larger than \(largestFile) bytes")
            return
        }
        let (report, problem) = MonitorReport.read(data)
        guard let report else {
            result.outcome = .refused(
                reason: "\(name) is no monitor report (docs/schedules.md): \(problem ?? "it cannot be read")")
            return
        }
        result.monitor = String(decoding: data, as: UTF8.self)
        let found = ["drift": report.drift ? "detected" : "none", "drift_reason": report.summary]
        result.values.merge(found) { own, _ in own }
    }

    private func readPlan(_ step: PlannedStep, _ result: inout StepResult) throws {
        guard let action = step.action.as(TerraformPlanAction.self),
            let folder = result.outputs[Infrastructure.output]
        else { return }
        let (record, values) = try readInfrastructure(action.infrastructure, from: step.source ?? "", in: folder)
        result.infrastructure = record
        result.values.merge(values) { $1 }
    }

    /// What a step comes to of whose tests only quarantined ones failed; `nil` when that is not so. It is no result for
    /// others: the quarantine has an end.
    private func excuse(_ outcome: Outcome, _ step: PlannedStep, _ plan: Plan, _ folder: StepFolder) -> StepResult? {
        // Test runners end with 1 for tests that failed, with other codes for what kept them from running.
        guard outcome == .failed(exitCode: 1), let name = step.tests, let quarantine = plan.settings.quarantine else {
            return nil
        }
        var result = collect(step, folder)
        guard result.outcome == .passed, let path = result.outputs[name], let failed = failedTests(inReport: path),
            !failed.isEmpty
        else { return nil }
        let today = Date().formatted(.iso8601.year().month().day())
        let verdict = judge(failures: failed, by: quarantine, today: today)
        say(verdict, in: folder)
        guard case .excused(let tests) = verdict else { return nil }
        result.values["quarantined"] = tests.map(\.test).joined(separator: " ")
        return result
    }

    /// At the end of the step's log, where people look why it failed.
    private func say(_ verdict: QuarantineVerdict, in folder: StepFolder) {
        let lines =
            switch verdict {
            case .excused(let tests):
                tests.map { "espalier: \($0.test) failed and does not block, until \($0.until): \($0.reason)" }
            case .blocked(_, let ended): ended.map { "espalier: the quarantine of \($0.test) ended on \($0.until)" }
            }
        guard !lines.isEmpty, let log = FileHandle(forWritingAtPath: folder.log) else { return }
        defer { try? log.close() }
        _ = try? log.seekToEnd()
        try? log.write(contentsOf: Data(lines.map { "\($0)\n" }.joined().utf8))
    }

    /// What later runs may take: nothing when a dataset has changed since the step was planned, for then nobody knows which
    /// of the two it read.
    private func keep(_ result: StepResult, _ step: PlannedStep, _ plan: Plan, _ folder: StepFolder) throws
        -> KeptResult?
    {
        guard let key = step.reuse?.key else { return nil }
        for (name, dataset) in step.datasets ?? [:] {
            guard InputReader.version(of: dataset, dataRoot(plan)) == key.parts["data \(name)"] else { return nil }
        }
        let kept = try kept.keep(values: result.values, outputs: result.outputs, from: folder.outputs)
        Failpoint.reach(.resultKept)
        return kept
    }

    /// Keep what the step has written to its outputs; the emptiness of the others is not worth a folder.
    private func move(_ layer: Layer, to folder: StepFolder) {
        if let names = try? FileManager.default.contentsOfDirectory(atPath: layer.outputs), !names.isEmpty,
            rename(layer.outputs, folder.outputs) == 0
        {
            mkdir(layer.outputs, 0o755)
        }
        if let size = try? FileManager.default.attributesOfItem(atPath: layer.output)[.size] as? Int, size > 0,
            rename(layer.output, folder.output) == 0
        {
            close(open(layer.output, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
        }
    }

    /// The limits that this machine cannot enforce: where a sandbox is required, the step does not start.
    private func unenforced(_ step: PlannedStep, _ policy: SandboxPolicy) throws -> String? {
        let missing = groups.missing(for: step.compute.limits)
        guard !missing.isEmpty else { return nil }
        let what = missing.map { "\($0):" }.joined(separator: " and ")
        guard policy != .required else {
            throw DaemonError.refused(
                "no control group of this machine can enforce \(what) of its compute, and its environment requires a "
                    + "sandbox: see `espalier doctor`, remove the limit, or set `sandbox: best-effort`")
        }
        return "espalier: \(what) of the step's compute is not enforced here: see `espalier doctor`\n"
    }

    private func note(_ text: String?, in folder: StepFolder) throws {
        guard let text else { return }
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.log))
    }

    /// Whether a minder has had this folder: then the command may have run, and is not started again.
    func wasClaimed(_ folder: StepFolder) throws -> Bool {
        guard FileManager.default.fileExists(atPath: folder.lock) else { return false }
        if minders.isAlive(folder) || FileManager.default.fileExists(atPath: folder.exit) { return true }
        return try FileManager.default.attributesOfItem(atPath: folder.lock)[.size] as? Int ?? 0 > 0
    }

    private func prepare(
        _ folder: StepFolder, _ layer: Layer, step: PlannedStep, of run: StoredRun, _ progress: RunProgress
    )
        throws
    {
        for path in [folder.path, dataRoot(run.plan)] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try Data((step.configuration ?? run.plan.configuration).utf8).write(to: URL(fileURLWithPath: folder.config))
        for needed in run.plan.upstream(of: step) {
            let link = "\(layer.inputs)/\(needed.name)"
            let source = StepFolder(home.step(run.id, needed.name, attempt: max(1, progress[needed.name].attempts)))
            try FileManager.default.createDirectory(atPath: source.outputs, withIntermediateDirectories: true)
            try? FileManager.default.removeItem(atPath: link)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: source.outputs)
        }
    }

    /// Code from outside gets a folder of its own instead of the environment's data.
    private func dataRoot(_ plan: Plan) -> String {
        if plan.settings.isIsolated ?? false {
            return home.data(project: plan.project, environment: "of-\(plan.branch)", configured: nil)
        }
        return home.data(project: plan.project, environment: plan.environment, configured: plan.settings.dataRoot)
    }

    /// The contract with a step: nothing of the daemon's own environment but what any program needs.
    private func environment(
        _ step: PlannedStep, of run: StoredRun, _ progress: RunProgress, _ folder: StepFolder, _ layer: Layer
    ) throws -> [String: String] {
        let plan = run.plan
        var variables: [String: String] = [:]
        for name in ["PATH", "LANG", "LC_ALL", "TZ"] { variables[name] = Self.inherited[name] }
        variables["HOME"] = layer.temporary
        variables["TMPDIR"] = layer.temporary
        variables.merge(plan.settings.env) { $1 }
        for (name, value) in step.env { variables[name] = try progress.resolved(value) }
        variables["ESPALIER_RUN"] = String(run.id)
        variables["ESPALIER_STEP"] = step.name
        variables["ESPALIER_COMMIT"] = plan.commit.description
        variables["ESPALIER_BRANCH"] = plan.branch
        variables["ESPALIER_ENVIRONMENT"] = plan.environment
        variables["ESPALIER_CONFIG"] = folder.config
        variables["ESPALIER_OUTPUTS"] = layer.outputs
        variables["ESPALIER_OUTPUT"] = layer.output
        variables["ESPALIER_INPUTS"] = layer.inputs
        variables["ESPALIER_DATA"] = dataRoot(plan)
        variables["ESPALIER_LOGICAL_TIME"] = plan.trigger.logicalTime.map { $0.formatted(.iso8601) }
        return variables
    }

    /// The command inside its sandbox. A step that says what it reads may not write into the data root: its outputs are all
    /// that it leaves, so that they can stand for it.
    private func wrapped(_ command: String, step: PlannedStep, run: StoredRun, _ layer: Layer) throws -> [String] {
        let plain = ["/bin/sh", "-c", command]
        switch run.plan.settings.sandbox {
        case .off: return plain
        case .bestEffort where Self.bubblewrap == nil: return plain
        case .required, .bestEffort:
            guard let bubblewrap = Self.bubblewrap else {
                throw DaemonError.refused(
                    "its environment requires a sandbox, and bubblewrap is not installed: install it, or set "
                        + "`sandbox: best-effort`")
            }
            let data = [dataRoot(run.plan)]
            let readsOnly = !step.inputs.isEmpty || step.isPlan
            let sandbox = Sandbox(
                hidden: [home.path] + Self.keyFolders,
                readable: [home.run(run.id), layer.inputs] + (readsOnly ? data : []),
                writable: layer.writable + (readsOnly ? [] : data),
                hasNetwork: !(run.plan.settings.isIsolated ?? false))
            return sandbox.wrapping(plain, in: layer.tree, by: bubblewrap)
        }
    }

    /// Path of bubblewrap's program, if it is installed.
    static let bubblewrap = Program.find("bwrap")

    private static let inherited = ProcessInfo.processInfo.environment

    /// Where the daemon's own user keeps keys: none of a step's business.
    static let keyFolders = [".ssh", ".gnupg", ".aws", ".azure", ".kube", ".config/gcloud"]
        .map { "\(NSHomeDirectory())/\($0)" }.filter(FileManager.default.fileExists(atPath:))

    private func collect(_ step: PlannedStep, _ folder: StepFolder) -> StepResult {
        var result = StepResult(outcome: .passed, values: readValues(folder.output))
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.outputs)) ?? []).sorted()
        for name in step.outputs {
            guard let file = files.first(where: { $0 == name }) ?? files.first(where: { $0.hasPrefix("\(name).") })
            else {
                result.outcome = .refused(reason: "it did not write its output '\(name)' into $ESPALIER_OUTPUTS")
                return result
            }
            result.outputs[name] = "\(folder.outputs)/\(file)"
        }
        return result
    }
}

extension Compute {
    var limits: Limits { Limits(cpus: cpus, memory: memory, processes: processes) }
}

/// The folder of control groups of a home's daemons.
func groupName(of home: Home) -> String { "espalier-\(sha256(home.path).prefix(8))" }

/// `key=value` lines, as CI users know them, ended as on any system. Lines without `=` are not ours to understand; bytes
/// that are no UTF-8 are replaced where they stand.
func readValues(_ path: String) -> [String: String] {
    let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).reduce(into: [:]) { values, line in
        guard let equals = line.firstIndex(of: "="), equals != line.startIndex else { return }
        values[String(line[..<equals])] = String(line[line.index(after: equals)...])
    }
}

extension Outcome {
    /// What a minder's record means. No record: the minder was killed, or the machine stopped.
    init(_ ending: Ending?, timeout: Int64) {
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

extension RunProgress {
    /// The value or file that a reference stands for.
    func value(of reference: Reference) throws -> String {
        let step = self[reference.step]
        guard let value = step.values[reference.output] ?? step.outputs[reference.output] else {
            throw DaemonError.refused(
                "step '\(reference.step)' gave no output '\(reference.output)': write "
                    + "`\(reference.output)=…` to $ESPALIER_OUTPUT, or declare it under outputs:")
        }
        return value
    }

    /// `text` with every reference replaced by its value.
    func resolved(_ text: String) throws -> String {
        try Reference.all(in: text).reduce(text) { out, reference in
            out.replacing(reference.description, with: try value(of: reference))
        }
    }
}
