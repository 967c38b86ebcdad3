import Answering
import ArgumentParser
import Daemon
import Following
import Foundation
import Home
import Reports

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain why each step of a run ran, was reused, was skipped or is waiting.",
        discussion: """
            A step that ran although it says what it reads (inputs:) is compared with its last run: which part of its key
            has changed since? --json prints the keys with all their parts.

            A fire is named by its schedule and logical time, inference@2026-11-23T11:00:00Z: what it is pinned to, what it read,
            how late it was, why it waits or was skipped.
            """)

    @Argument(help: "Number of a run, or SCHEDULE@TIME.") var subject: String
    @Option(help: "Name of the project, if there are several.") var project: String?
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        if let run = Int64(subject) { return try await explain(run: run) }
        let parts = subject.split(separator: "@", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw ValidationError("'\(subject)' is neither the number of a run nor SCHEDULE@TIME")
        }
        try await explain(fireOf: parts[0], at: try Date(argument: parts[1]))
    }

    private func explain(fireOf schedule: String, at time: Date) async throws {
        guard let detail = try await Reporter(home: home.value).fire(of: schedule, at: time, project: project) else {
            throw Complaint(
                description: "\(schedule) has no fire for \(show(time)): `espalier schedules` lists the latest of each")
        }
        if json.json { return try printJSON(detail) }
        let fire = detail.fire
        print("\(schedule) \(fire.sentence)")
        print("lateness       \(show(seconds: detail.lateness))")
        if let commit = detail.commit { print("commit         \(commit)") }
        if let digest = detail.configurationDigest { print("configuration  sha256:\(digest)") }
        for (name, version) in detail.datasets.sorted(by: { $0.key < $1.key }) {
            print("data           \(name) \(version)")
        }
        if let model = fire.model { print("model          models:/\(model)/\(fire.version ?? "")") }
        print("")
        printTable(RunReport.heading, detail.runs.map(\.row), empty: "No run of it has been planned.")
    }

    private func explain(run: Int64) async throws {
        guard let report = try await Reporter(home: home.value).explain(run) else { throw Complaint.noRun(run) }
        if json.json { return try printJSON(report) }
        print(
            "run \(report.run.id): \(report.run.pipeline) in \(report.run.environment), \(report.run.outcome), by \(report.trigger)"
        )
        printTable(
            ["step", "state", "why"], report.steps.map { [$0.name, $0.state, $0.reason] }, empty: "It has no steps.")
        for (pipeline, reason) in report.otherPipelines.sorted(by: { $0.key < $1.key }) {
            print("\(pipeline) was not started: \(reason)")
        }
    }
}

struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cancel a run: waiting steps end now, running steps are asked to stop and are killed after 10 s.")

    @Argument(help: "Number of a run.") var run: Int64
    @Flag(help: "Wait until all its steps have ended.") var wait = false
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        try DaemonClient(home: home.value).cancel(run: run)
        guard wait else {
            return json.json ? try printJSON(["cancelled": run]) : print("run \(run) is being cancelled")
        }
        let reporter = try Reporter(home: home.value)
        let detail = try await reporter.detail(run, whenOver: true)
        json.json ? try printJSON(detail) : print("run \(run): \(detail.run.outcome)")
    }
}

struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Retry the steps of an ended run that did not pass. Passed steps stay as they are.")

    @Argument(help: "Number of a run.") var run: Int64
    @Flag(help: "Wait until the run has ended; exit code 1 unless it passed.") var wait = false
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        try DaemonClient(home: home.value).retry(run: run)
        if !wait, !json.json { return print("run \(run) is being retried: `espalier runs \(run) --wait`") }
        var arguments = [String(run), "--home", home.value.path]
        if wait { arguments.append("--wait") }
        if json.json { arguments.append("--json") }
        let show = try Runs.parse(arguments)
        try await show.run()
    }
}

struct CollectGarbage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove workspaces, results and outputs that are no longer needed. The daemon does so every hour.",
        discussion: """
            Logs, records and the evidence of decisions stay, and so do the outputs of the last run that passed of every
            branch and pipeline and of the runs whose schedules are live.
            """)

    @Option(help: "Days to keep unused data. Default: the daemon's setting.") var keepDays: Int?
    @Option(help: "Total GiB of results to keep for reuse. Default: the daemon's setting.")
    var keepGib: Int?
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func validate() throws {
        guard (keepDays ?? 0) >= 0, (keepGib ?? 0) >= 0 else {
            throw ValidationError("--keep-days and --keep-gib must be at least 0")
        }
    }

    func run() async throws {
        let usual = Keeping()
        let keeping =
            keepDays == nil && keepGib == nil
            ? nil : Keeping(days: keepDays ?? usual.days, bytes: keepGib.map { Int64($0) << 30 } ?? usual.bytes)
        let done = try DaemonClient(home: home.value).clean(keeping)
        if json.json { return try printJSON(done) }
        print(
            "removed \(done.results) results (\(done.bytes) bytes), \(done.workspaces) workspaces, \(done.models) models, \(done.outputs) folders of outputs"
        )
    }
}

struct Failpoints: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the failpoints: ESPALIER_FAILPOINT=NAME@N kills the daemon there, for crash tests.",
        shouldDisplay: false)

    @OptionGroup var json: JSONFlag

    func run() throws {
        let names = Failpoint.allCases.map(\.rawValue)
        if json.json { try printJSON(names) } else { names.forEach { print($0) } }
    }
}

struct PerformGitSubprocess: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: GitSubprocess.command,
        abstract: "Fetch or push for the daemon, in a process that can be killed.", shouldDisplay: false
    )

    func run() throws { try GitSubprocess.perform() }
}

extension Complaint {
    static func noRun(_ run: Int64) -> Complaint {
        Complaint(description: "there is no run \(run); `espalier runs` lists them")
    }
}
