import Executing
import Fixtures
import Foundation
import Home
import Minding
import Plans
import Runs
import ScriptedExecution

/// A place that runs steps, for the contract that every executor keeps.
protocol ExecutorSubject: Sendable {
    var folder: TemporaryFolder { get }

    /// Another executor on the same place, as another process would make it.
    func executor() -> any Executor

    /// Make the step `step` do this. Returns its step of the plan.
    func step(_ behaviour: Behaviour) throws -> SampleStep

    /// Release the attempts that wait, so that they end.
    func letGo()

    /// Let the time limit of `step` pass.
    func letTimePass()

    /// End an attempt as a machine that stops would.
    func lose(_ attempt: Attempt) throws

    func damageKeptResults() throws
}

/// What a step of the contract does.
struct Behaviour: Sendable {
    var exitCode: Int32 = 0
    var values: [String: String] = [:]
    /// Files of its outputs: name → content.
    var outputs: [String: String] = [:]
    var prints: [String] = []
    /// Whether it ends only when it is released.
    var waits = false
    /// A value that it needs is missing.
    var isImpossible = false
    /// It cannot be started.
    var isBroken = false
}

/// Real processes under real minders.
final class LocalSubject: ExecutorSubject {
    let folder: TemporaryFolder
    let home: Home
    private let fifo: Int32
    private var path: String { folder.path + "/gate" }

    init() throws {
        folder = try TemporaryFolder()
        home = Home(folder.path + "/home")
        try home.prepare()
        try folder.write("tree/code.txt", "code\n")
        guard mkfifo("\(folder.path)/gate", 0o600) == 0 else { throw POSIXError(.EIO) }
        // Open both ends, so that neither opening it nor writing to it blocks.
        fifo = open("\(folder.path)/gate", O_RDWR | O_CLOEXEC)
    }

    deinit { close(fifo) }

    func executor() -> any Executor {
        LocalExecutor(
            slots: 4, home: home, minders: Minders(program: builtProgram("espalier-minder")), groups: ControlGroups(),
            scratch: ScratchFolders(folder: home.scratch),
            workspace: { [folder] _, repository in
                guard repository != "broken" else { throw POSIXError(.EIO) }
                return folder.path + "/tree"
            })
    }

    func step(_ behaviour: Behaviour) throws -> SampleStep {
        var lines = ["set -e", "echo begun >> \(folder.path)/begun"]
        lines += behaviour.prints.map { "echo '\($0)'" }
        lines += behaviour.values.map { "echo '\($0)=\($1)' >> $ESPALIER_OUTPUT" }
        lines += behaviour.outputs.map { "printf '\($1)' > $ESPALIER_OUTPUTS/\($0)" }
        if behaviour.waits { lines.append("read line < \(path)") }
        lines.append("exit \(behaviour.exitCode)")
        var step = SampleStep("step")
        step.command = lines.joined(separator: "\n")
        if behaviour.isImpossible { step.env = ["NEEDED": "${steps.other.outputs.value}"] }
        return step
    }

    func letGo() { _ = write(fifo, "go\n", 3) }

    func letTimePass() {}

    func lose(_ attempt: Attempt) throws {
        let text = try String(contentsOfFile: home.folder(of: attempt).lock, encoding: .utf8)
        guard let minder = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw POSIXError(.ESRCH) }
        kill(minder, SIGKILL)
    }

    func damageKeptResults() throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: home.kept) where name.count > 60 {
            try FileManager.default.removeItem(atPath: "\(home.kept)/\(name)")
        }
    }
}

/// A script, in memory.
final class ScriptedSubject: ExecutorSubject {
    let folder: TemporaryFolder
    private let machine = ScriptedMachine()
    private let gate = Latch()

    init() throws { folder = try TemporaryFolder() }

    func executor() -> any Executor { ScriptedExecutor(on: machine) }

    func step(_ behaviour: Behaviour) throws -> SampleStep {
        let outcome = behaviour.exitCode == 0 ? Outcome.passed : .failed(exitCode: behaviour.exitCode)
        let files = behaviour.outputs.keys.sorted()
        let named = Dictionary(uniqueKeysWithValues: files.map { ($0, $0) })
        var script = Script(outcome, values: behaviour.values, outputs: named, prints: behaviour.prints)
        script.result.kept = KeptResult(values: behaviour.values, outputs: named, files: [])
        if behaviour.waits { script.end = gate }
        if behaviour.isImpossible { script.failure = DaemonError.refused("there is no such value") }
        if behaviour.isBroken { script.failure = POSIXError(.EIO) }
        machine.script("step", script)
        return SampleStep("step")
    }

    func letGo() { gate.open() }

    func letTimePass() { machine.pass(seconds: 1) }

    func lose(_ attempt: Attempt) throws { machine.lose(attempt) }

    func damageKeptResults() throws { machine.damageKeptResults() }
}

enum Place: String, CaseIterable, Sendable {
    case local, scripted

    func subject() throws -> any ExecutorSubject {
        switch self {
        case .local: try LocalSubject()
        case .scripted: try ScriptedSubject()
        }
    }
}

extension ExecutorSubject {
    /// A job that does this.
    func job(_ behaviour: Behaviour = Behaviour(), attempt: Int = 1, timeout: Int = 60, key: String? = nil) throws
        -> Job
    {
        var step = try step(behaviour)
        (step.timeout, step.key, step.outputs) = (timeout, key, behaviour.outputs.keys.sorted())
        let plan = try SamplePlan(step).plan()
        let run = StoredRun(id: 7, project: 1, event: 1, plan: plan, createdAt: Date())
        return Job(
            attempt: Attempt(run: 7, step: "step", number: attempt), step: plan.steps[0], run: run,
            progress: run.progress, command: step.command, repository: behaviour.isBroken ? "broken" : "/r.git")
    }
}
