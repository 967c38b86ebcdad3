import Answering
import ArgumentParser
import Foundation
import Reports

struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List runs, or show one with its steps, configuration, data and model.")

    @Argument(help: "Number of a run.") var run: Int64?
    @Option(help: "Only runs of this branch.") var branch: String?
    @Option(help: "Only runs in this environment.") var environment: String?
    @Option(help: "How many at most.") var limit = 20
    @Flag(help: "Wait until the run has ended; exit code 1 unless it passed.") var wait = false
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
    }

    /// The message for an empty list.
    private var nothing: String {
        let filters = [branch.map { "of branch '\($0)'" }, environment.map { "in environment '\($0)'" }].compactMap(
            \.self)
        if filters.isEmpty { return "There are no runs yet: push a branch." }
        return "There are no runs \(filters.joined(separator: " ")): `espalier runs` lists all runs."
    }

    func run() async throws {
        let reporter = try Reporter(home: home.value)
        guard let run else {
            let runs = try await reporter.runs(branch: branch, environment: environment, limit: limit)
            if json.json { return try printJSON(runs) }
            return printTable(RunReport.heading, runs.map(\.row), empty: nothing)
        }
        let detail = try await reporter.detail(run, whenOver: wait)
        if json.json { try printJSON(detail) } else { Self.show(detail) }
        if wait, detail.run.outcome != "passed" { throw ExitCode(1) }
    }

    /// - Parameter log: the home to mention in the hint to `espalier logs`, if it is not the default.
    static func show(_ detail: RunDetail, log home: String? = nil) {
        let run = detail.run
        print("run \(run.id): \(run.pipeline) in \(run.environment), \(run.outcome)")
        print("started by     \(detail.trigger)")
        print("branch         \(run.branch)")
        print("commit         \(run.commit)")
        print("tree           \(detail.tree)")
        print("configuration  sha256:\(detail.configurationDigest)")
        print("               \(detail.configuration)")
        for (name, digest) in detail.datasets.sorted(by: { $0.key < $1.key }) {
            print("data           \(name) \(digest)")
        }
        if let model = detail.model { print("model          \(model)") }
        for note in detail.notes { print("note           \(note)") }
        print("")
        printTable(
            ["step", "state", "took", "needs", "detail"],
            detail.steps.map {
                [$0.name, $0.state, espalier.show(seconds: $0.seconds), $0.needs.joined(separator: ", "), $0.detail]
            }, empty: "")
        printPlans(detail.infrastructure)
        if !detail.failureLog.isEmpty { print("\nlast lines of the first step that failed:") }
        for line in detail.failureLog { print("  \(line)") }
        if let home { print("\nlogs: espalier logs \(run.id) --home \(home)") }
    }
}

extension Reporter {
    func detail(_ run: Int64) async throws -> RunDetail {
        guard let detail = try await self.run(run) else { throw Complaint.noRun(run) }
        return detail
    }

    /// - Parameter whenOver: whether to wait until the run has ended.
    func detail(_ run: Int64, whenOver: Bool) async throws -> RunDetail {
        var detail = try await detail(run)
        while whenOver, !detail.run.isOver {
            try await Task.sleep(for: .milliseconds(300))
            detail = try await self.detail(run)
        }
        return detail
    }
}

extension RunReport {
    static let heading = ["run", "outcome", "environment", "branch", "pipeline", "commit", "created", "took"]

    var row: [String] {
        [String(id), outcome, environment, branch, pipeline, short(commit), show(createdAt), show(seconds: seconds)]
    }
}
