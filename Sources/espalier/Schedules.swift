import Answering
import ArgumentParser
import Daemon
import Foundation
import Home
import Reports

struct Schedules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, pause and resume live schedules.",
        subcommands: [List.self, Pause.self, Resume.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List live schedules with their next and past fires.")

        @OptionGroup var home: HomeOption
        @OptionGroup var json: JSONFlag

        func run() async throws {
            let schedules = try await Reporter(home: home.value).schedules()
            if json.json { return try printJSON(schedules) }
            guard !schedules.isEmpty else {
                return print("No schedule is live: one goes live when a release run passes.")
            }
            schedules.forEach(Self.show)
        }

        private static func show(_ schedule: ScheduleReport) {
            let next = schedule.next.map { "next \(espalier.show($0))" }
            let paused = schedule.paused.map { "paused by \($0.who) since \(espalier.show($0.since)): \($0.reason)" }
            print(
                "\(schedule.name) in \(schedule.environment): \(schedule.cron) \(schedule.timezone), "
                    + (paused ?? next ?? "never due again"))
            print("  \(schedule.policies.joined(separator: ", "))")
            print(
                "  live since \(espalier.show(schedule.liveSince)) by run \(schedule.run), commit \(short(schedule.commit))"
            )
            for fire in schedule.fires { print("  \(fire.sentence)") }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pause a schedule until it is resumed. A release does not end a pause.")

        @Argument(help: "Name of the schedule: its pipeline.") var name: String
        @Option(help: "Why, for others who find it paused.") var reason: String
        @OptionGroup var chosen: ScheduleProject
        @OptionGroup var person: PersonOption
        @OptionGroup var home: HomeOption

        func run() async throws {
            let reason = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
            print(
                try DaemonClient(home: home.value).pause(
                    name, project: chosen.project, as: person.name, because: reason), terminator: "")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Resume a paused schedule. Moments missed during the pause are recorded as skipped.")

        @Argument(help: "Name of the schedule: its pipeline.") var name: String
        @Flag(help: "Let the schedule's misfire policy decide about the missed moments instead.") var catchUp = false
        @OptionGroup var chosen: ScheduleProject
        @OptionGroup var person: PersonOption
        @OptionGroup var home: HomeOption

        func run() async throws {
            print(
                try DaemonClient(home: home.value).resume(
                    name, project: chosen.project, as: person.name, catchingUp: catchUp), terminator: "")
        }
    }
}

/// Which project a schedule belongs to, if there are several.
struct ScheduleProject: ParsableArguments {
    @Option(help: "Name of the project, if there are several.") var project = ""
}

struct Fire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a schedule now for a logical time. A repeated fire keeps the pins of the first.")

    @Argument(help: "Name of the schedule: its pipeline.") var name: String
    @Option(name: .customLong("at"), help: "Logical time, RFC 3339: 2026-11-23T11:00:00Z.") var time: String
    @OptionGroup var chosen: ScheduleProject
    @Flag(help: "Wait until the run has ended; exit code 1 unless it passed.") var wait = false
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        let moment = try Date(argument: time)
        let runs = try DaemonClient(home: home.value).fire(name, project: chosen.project, at: moment)
        guard wait else {
            return json.json ? try printJSON(runs) : runs.forEach { print("run \($0)") }
        }
        for run in runs {
            let show = try Runs.parse(
                [String(run), "--wait", "--home", home.value.path] + (json.json ? ["--json"] : []))
            try await show.run()
        }
    }
}

struct Backfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run past moments of a schedule again: a range of logical times.",
        discussion: """
            The moments run the code that is live now, each with the model version that it was first fired with, the present
            champion where it never was, or the version that is named. They come after everything else that waits, take up again
            where the daemon ended, and overlap each other unless the pipeline names a concurrency group.
            """,
        subcommands: [Start.self, List.self, Show.self, Cancel.self, Retry.self], defaultSubcommand: Start.self)

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start a backfill.")

        @Argument(help: "Name of the schedule: its pipeline.") var name: String
        @Option(help: "First logical time, RFC 3339: 2026-11-01T00:00:00Z.") var from: String
        @Option(name: .customLong("to"), help: "Last logical time, inclusive.") var through: String
        @Option(help: "Version of the environment's model to use for all moments.") var modelVersion: String?
        @Option(help: "How many moments run at once.") var parallel = 1
        @Option(help: "Start no more moments after this many failures; `retry` continues.") var maxFailures = 3
        @Flag(help: "Wait until it is over and print progress; exit code 1 unless all passed.") var wait = false
        @OptionGroup var chosen: ScheduleProject
        @OptionGroup var person: PersonOption
        @OptionGroup var home: HomeOption
        @OptionGroup var json: JSONFlag

        func validate() throws {
            guard parallel > 0 else { throw ValidationError("--parallel must be at least 1") }
            guard maxFailures > 0 else { throw ValidationError("--max-failures must be at least 1") }
        }

        func run() async throws {
            let (from, through) = (try Date(argument: from), try Date(argument: through))
            guard from <= through else { throw ValidationError("--from is after --to") }
            let id = try DaemonClient(home: home.value).backfill(
                name, project: chosen.project, from: from, through: through, version: modelVersion, parallel: parallel,
                maxFailures: maxFailures, as: person.name)
            guard wait else {
                let reporter = try Reporter(home: home.value)
                let report = try await reporter.backfill(id)
                return json.json
                    ? try printJSON(report)
                    : print("backfill \(id): \(report.total) moments; `espalier backfill show \(id)`")
            }
            try await Backfill.show(id, home: home, json: json, waiting: true)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List backfills, newest first.")

        @OptionGroup var home: HomeOption
        @OptionGroup var json: JSONFlag

        func run() async throws {
            let backfills = try await Reporter(home: home.value).backfills()
            if json.json { return try printJSON(backfills) }
            printTable(
                ["backfill", "schedule", "from", "to", "version", "state", "progress", "by"],
                backfills.map {
                    [
                        String($0.id), $0.schedule, espalier.show($0.from), espalier.show($0.through),
                        $0.version ?? "-",
                        $0.state, $0.progress, $0.who,
                    ]
                }, empty: "There are no backfills.")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a backfill with its moments.")

        @Argument(help: "Number of the backfill.") var number: Int64
        @Flag(help: "Wait until it ends; exit code 1 unless all passed.") var wait = false
        @OptionGroup var home: HomeOption
        @OptionGroup var json: JSONFlag

        func run() async throws { try await Backfill.show(number, home: home, json: json, waiting: wait) }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a backfill: its runs are cancelled, and no more start.")

        @Argument(help: "Number of the backfill.") var number: Int64
        @OptionGroup var person: PersonOption
        @OptionGroup var home: HomeOption

        func run() async throws {
            print(try DaemonClient(home: home.value).cancel(backfill: number, as: person.name), terminator: "")
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Retry the failed moments and continue with the waiting ones.")

        @Argument(help: "Number of the backfill.") var number: Int64
        @OptionGroup var home: HomeOption

        func run() async throws {
            print(try DaemonClient(home: home.value).retry(backfill: number), terminator: "")
        }
    }

    private static func show(_ number: Int64, home: HomeOption, json: JSONFlag, waiting: Bool) async throws {
        let reporter = try Reporter(home: home.value)
        var report = try await reporter.backfill(number)
        var told = ""
        while waiting, !report.isOver {
            if report.progress != told {
                told = report.progress
                StandardError.write("backfill \(number): \(told)\n")
            }
            try await Task.sleep(for: .milliseconds(200))
            report = try await reporter.backfill(number)
        }
        if json.json {
            try printJSON(report)
        } else {
            print("backfill \(report.id) of \(report.schedule): \(report.state), \(report.progress)")
            printTable(
                ["logical time", "state", "run"],
                (report.moments ?? []).map {
                    [espalier.show($0.logicalTime), $0.state, $0.run.map(String.init) ?? "-"]
                },
                empty: "It has no moments.")
            if report.state == "halted" {
                print(
                    "\(report.failed) have failed, so no more start: `espalier backfill retry \(number)` after the cause is fixed"
                )
            }
        }
        if waiting, report.state != "passed" { throw ExitCode(1) }
    }
}

extension BackfillReport {
    fileprivate var progress: String {
        "\(passed) of \(total) passed" + (failed > 0 ? ", \(failed) failed" : "")
            + (running > 0 ? ", \(running) running" : "")
    }
}

extension FireReport {
    /// One line for lists.
    var sentence: String {
        let model = self.model.map { " with \($0) \(version ?? "")" } ?? ""
        let before = missed > 0 ? ", for \(missed) earlier missed moments too" : ""
        let run = self.run.map { ", run \($0) \(outcome ?? "")" } ?? ""
        let why = reason.map { ": \($0)" } ?? ""
        return "\(state) for \(espalier.show(logicalTime)) at \(espalier.show(storedAt))\(model)\(run)\(before)\(why)"
    }
}
