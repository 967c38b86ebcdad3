import Foundation
import Home
import Minding
import Plans
import ProjectFiles
import Projects
import Reading
import Reports
import Runs

/// Collects what an attempt left in its folder: the values and outputs that it reported, its reports, and what later
/// runs can reuse. If something cannot be read, the step fails with that reason.
///
/// - Parameter outcome: how the command ended.
/// - Throws: if the infrastructure failed.
func collectResult(of job: Job, _ outcome: Outcome, in folder: StepFolder, _ home: Home) throws -> StepResult {
    try ResultCollector(job: job, folder: folder, home: home).collect(outcome)
}

private struct ResultCollector {
    let job: Job
    let folder: StepFolder
    let home: Home

    private var step: PlannedStep { job.step }
    private var plan: Plan { job.run.plan }

    func collect(_ outcome: Outcome) throws -> StepResult {
        do {
            if let excused = try excusedResult(outcome) { return excused }
            guard outcome == .passed else { return StepResult(outcome: outcome) }
            var result = try reported()
            if result.outcome == .passed { try readMonitorReport(&result) }
            if result.outcome == .passed { try readInfrastructurePlan(&result) }
            if result.outcome == .passed { result.kept = try kept(result) }
            return result
        } catch let error as LeftFileError {
            return StepResult(outcome: .refused(reason: "what the step left cannot be taken: \(error)"))
        } catch let error as MalformedValues {
            return StepResult(outcome: .refused(reason: "\(error)"))
        }
    }

    /// Reads the values and the declared outputs.
    private func reported() throws -> StepResult {
        var result = StepResult(outcome: .passed, values: try readValues(in: folder))
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

    /// Takes the monitor report into the store, where it outlives the step's files, and adds its findings to the
    /// reported values. If the report cannot be read, the step fails; otherwise drift could go unnoticed.
    private func readMonitorReport(_ result: inout StepResult) throws {
        guard let name = step.monitor, let path = result.outputs[name] else { return }
        let bytes = try readLeftFile(path, in: folder.outputs, atMost: largestFile)
        let (report, problem) = MonitorReport.read(Data(bytes))
        guard let report else {
            result.outcome = .refused(
                reason: "\(name) is no monitor report (docs/schedules.md): \(problem ?? "it cannot be read")")
            return
        }
        result.monitor = String(decoding: bytes, as: UTF8.self)
        let found = ["drift": report.drift ? "detected" : "none", "drift_reason": report.summary]
        result.values.merge(found) { own, _ in own }
    }

    private func readInfrastructurePlan(_ result: inout StepResult) throws {
        guard let action = step.action.as(TerraformPlanAction.self), let path = result.outputs[Infrastructure.output]
        else { return }
        let (record, values) = try readInfrastructure(action.infrastructure, from: step.source ?? "", in: path)
        result.infrastructure = record
        result.values.merge(values) { $1 }
    }

    /// The result of a step whose only failing tests are quarantined; `nil` otherwise. It is not kept for reuse,
    /// because the quarantine ends some day.
    private func excusedResult(_ outcome: Outcome) throws -> StepResult? {
        // Test runners exit with 1 for failed tests, and with other codes if the tests could not run.
        guard outcome == .failed(exitCode: 1), let name = step.tests, let quarantine = plan.settings.quarantine else {
            return nil
        }
        var result = try reported()
        guard result.outcome == .passed, let path = result.outputs[name],
            let failed = failedTests(inReport: try readLeftFile(path, in: folder.outputs, atMost: largestTestReport)),
            !failed.isEmpty
        else { return nil }
        let today = Date().formatted(.iso8601.year().month().day())
        let verdict = judge(failures: failed, by: quarantine, today: today)
        appendToLog(verdict)
        guard case .excused(let tests) = verdict else { return nil }
        result.values["quarantined"] = tests.map(\.test).joined(separator: " ")
        return result
    }

    /// Appends the verdict to the step's log, where people look for the reason of a failure.
    private func appendToLog(_ verdict: QuarantineVerdict) {
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

    /// The result for later runs to reuse. `nil` if a dataset has changed since the step was planned, because it is
    /// unknown which version the step read.
    private func kept(_ result: StepResult) throws -> KeptResult? {
        guard let key = step.reuse?.key else { return nil }
        let current = DatasetVersions(home, root: home.dataRoot(of: plan))
        for (name, dataset) in step.datasets ?? [:] {
            guard current.version(of: dataset) == key.parts["data \(name)"] else { return nil }
        }
        let kept = try KeptResults(folder: home.kept, trust: plan.trust ?? .forked)
            .keep(values: result.values, outputs: result.outputs, from: folder.outputs)
        Failpoint.reach(.resultKept)
        return kept
    }
}

/// Maximum size of a JUnit report in bytes.
private let largestTestReport = 64 << 20
