@testable import Executing
import Fixtures
import Foundation
import Home
import Minding
import Plans
import Projects
import Runs
import ScriptedExecution
import Testing

/// How a step leaves a file that must not be read.
enum Trap: String, CaseIterable, Sendable {
    case link, sparse, fifo

    func lay(at path: String, secret: String) throws {
        try? FileManager.default.removeItem(atPath: path)
        switch self {
        case .link: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: secret)
        case .sparse:
            close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
            guard truncate(path, 20 << 30) == 0 else { throw POSIXError(.EFBIG) }
        case .fifo: guard mkfifo(path, 0o600) == 0 else { throw POSIXError(.EIO) }
        }
    }

    /// What the step's failure must say.
    var words: String {
        switch self {
        case .link: "symbolic link"
        case .sparse: "larger than"
        case .fifo: "not a regular file"
        }
    }
}

/// What is collected of what a step has left.
@Suite struct CollectResultTests {
    let folder: TemporaryFolder
    let home: Home

    init() throws {
        folder = try TemporaryFolder()
        home = Home(folder.path)
        try folder.write("secret", "hidden")
    }

    private func collect(
        _ step: SampleStep, _ outcome: Outcome = .passed, quarantine: [QuarantinedTest]? = nil,
        leave: (StepFolder) throws -> Void
    ) throws -> StepResult {
        var sample = SamplePlan(step)
        sample.quarantine = quarantine
        let plan = try sample.plan()
        let run = StoredRun(id: 1, project: 1, event: 1, plan: plan, createdAt: Date())
        let attempt = Attempt(run: 1, step: step.name, number: 1)
        let job = Job(
            attempt: attempt, step: plan.steps[0], run: run, progress: run.progress, command: "", repository: "")
        let left = home.folder(of: attempt)
        try FileManager.default.createDirectory(atPath: left.outputs, withIntermediateDirectories: true)
        try leave(left)
        return try collectResult(of: job, outcome, in: left, home)
    }

    /// Checks that it failed, and that the message names the file and the reason.
    private func expectRefusal(_ result: StepResult, of file: String, _ trap: Trap) {
        guard case .refused(let reason) = result.outcome else {
            Issue.record("\(trap): \(result.outcome)")
            return
        }
        #expect(reason.contains(file) && reason.contains(trap.words), "\(reason)")
        #expect(result.monitor == nil && result.infrastructure == nil && !"\(result)".contains("hidden"))
    }

    // CASES: S9, S10
    @Test(arguments: Trap.allCases) func aMonitorReportIsReadBoundedAndNotFollowed(trap: Trap) throws {
        var step = SampleStep("watch")
        (step.monitor, step.outputs) = ("monitor", ["monitor"])
        let result = try collect(step) {
            try trap.lay(at: "\($0.outputs)/monitor.json", secret: "\(folder.path)/secret")
        }
        expectRefusal(result, of: "monitor.json", trap)
    }

    // CASES: S9, S10
    @Test(arguments: Trap.allCases) func aTestReportIsReadBoundedAndNotFollowed(trap: Trap) throws {
        var step = SampleStep("test")
        (step.tests, step.outputs) = ("junit", ["junit"])
        let quarantined = [QuarantinedTest(test: "t", until: "2999-01-01", reason: "")]
        let result = try collect(step, .failed(exitCode: 1), quarantine: quarantined) {
            try trap.lay(at: "\($0.outputs)/junit.xml", secret: "\(folder.path)/secret")
        }
        expectRefusal(result, of: "junit.xml", trap)
    }

    // CASES: S9, S10
    @Test(arguments: Trap.allCases, ["plan.json", "plan.txt"])
    func aTerraformPlanIsReadBoundedAndNotFollowed(trap: Trap, name: String) throws {
        var step = SampleStep("plan")
        step.action = #"{"kind": "plan", "folder": "infrastructure"}"#
        step.outputs = [Infrastructure.output]
        let result = try collect(step) { left in
            let plan = "\(left.outputs)/plan"
            try FileManager.default.createDirectory(atPath: plan, withIntermediateDirectories: true)
            try #"{"format_version": "1.2"}"#.write(toFile: "\(plan)/plan.json", atomically: true, encoding: .utf8)
            try "nothing".write(toFile: "\(plan)/plan.txt", atomically: true, encoding: .utf8)
            try trap.lay(at: "\(plan)/\(name)", secret: "\(folder.path)/secret")
        }
        expectRefusal(result, of: name, trap)
    }

    // CASES: S10
    @Test func aPlansFolderThatIsALinkIsNotFollowed() throws {
        var step = SampleStep("plan")
        step.action = #"{"kind": "plan", "folder": "infrastructure"}"#
        step.outputs = [Infrastructure.output]
        try folder.write("elsewhere/plan.json", #"{"format_version": "1.2"}"#)
        try folder.write("elsewhere/plan.txt", "hidden")
        let result = try collect(step) {
            try FileManager.default.createSymbolicLink(
                atPath: "\($0.outputs)/plan", withDestinationPath: "\(folder.path)/elsewhere")
        }
        expectRefusal(result, of: "plan", .link)
    }

    @Test func whatWasDeclaredAndNotWrittenIsTheStepsFailure() throws {
        var step = SampleStep("train")
        step.outputs = ["model"]
        guard case .refused(let reason) = try collect(step, leave: { _ in }).outcome else {
            Issue.record("it was taken")
            return
        }
        #expect(reason.contains("'model'"))
    }
}

/// Where an earlier daemon died while it copied outputs.
enum Crash: CaseIterable, Sendable { case none, whileCopying, whileRemoving }

/// Outputs on their way out of a layer.
@Suite struct TakeOutputsTests {
    private func prepare(layerIn above: String, stepIn folder: TemporaryFolder) throws -> (Layer, StepFolder) {
        let (layer, step) = (Layer("\(above)/layer"), StepFolder("\(folder.path)/step"))
        for path in [layer.outputs + "/deep", step.path] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try "weights".write(toFile: layer.outputs + "/model.bin", atomically: true, encoding: .utf8)
        try "in it".write(toFile: layer.outputs + "/deep/file", atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(
            atPath: layer.outputs + "/latest", withDestinationPath: "/nowhere/model.bin")
        try "loss=1\n".write(toFile: layer.output, atomically: true, encoding: .utf8)
        return (layer, step)
    }

    private func expectTaken(_ layer: Layer, _ step: StepFolder) throws {
        #expect(try String(contentsOfFile: step.outputs + "/model.bin", encoding: .utf8) == "weights")
        #expect(try String(contentsOfFile: step.outputs + "/deep/file", encoding: .utf8) == "in it")
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: step.outputs + "/latest") == "/nowhere/model.bin")
        #expect(try String(contentsOfFile: step.output, encoding: .utf8) == "loss=1\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: layer.outputs).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: step.path).sorted() == ["output", "outputs"])
    }

    @Test func onOneFileSystemTheyAreRenamed() throws {
        let folder = try TemporaryFolder()
        let (layer, step) = try prepare(layerIn: folder.path, stepIn: folder)
        try takeOutputs(of: layer, into: step)
        try expectTaken(layer, step)
        try takeOutputs(of: layer, into: step)
        try expectTaken(layer, step)
    }

    // CASES: R13
    @Test(arguments: Crash.allCases) func fromAnotherFileSystemTheyAreCopied(after crash: Crash) throws {
        let folder = try TemporaryFolder()
        let other = "/dev/shm/esp-\(UUID().uuidString.prefix(8))"
        guard mkdir(other, 0o755) == 0 else { return print("skipped: \(other) cannot be made") }
        defer { try? FileManager.default.removeItem(atPath: other) }
        guard try fileSystem(of: other) != fileSystem(of: folder.path) else {
            return print("skipped: /dev/shm and /tmp are one file system")
        }
        let (layer, step) = try prepare(layerIn: other, stepIn: folder)
        switch crash {
        case .none: break
        case .whileCopying:
            try FileManager.default.createDirectory(
                atPath: step.outputs + ".partial", withIntermediateDirectories: true)
            try "wei".write(toFile: step.outputs + ".partial/model.bin", atomically: true, encoding: .utf8)
        case .whileRemoving:
            try FileManager.default.copyItem(atPath: layer.outputs, toPath: step.outputs)
            try FileManager.default.removeItem(atPath: layer.outputs + "/model.bin")
        }
        try takeOutputs(of: layer, into: step)
        try expectTaken(layer, step)
    }

    private func fileSystem(of path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.systemNumber] as? Int ?? 0
    }
}
