import ArgumentParser
import Daemon
import Foundation
import Reports

struct Changes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List changes: proposed by `git push origin HEAD:refs/for/BRANCH`, merged when all checks pass.")

    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        let changes = try await Reporter(home: home.value).changes()
        if json.json { return try printJSON(changes) }
        printTable(
            ["change", "outcome", "place", "target", "author", "title", "runs", "reason"],
            changes.map {
                [
                    String($0.id), $0.outcome, $0.position.map(String.init) ?? "", $0.target, $0.author, $0.title,
                    $0.runs.map(String.init).joined(separator: " "), $0.reason,
                ]
            }, empty: "There are no changes: propose one with `git push origin HEAD:refs/for/main`.")
    }
}

struct Models: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List registered model versions with their aliases and lineage.")

    @Option(
        name: .customLong("at"),
        help: "List what the aliases pointed to at that time instead, by the ledger: RFC 3339, or `always`.")
    var time: String?
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        if let time { return try await listTenures(at: time) }
        let (models, troubles) = try await Reporter(home: home.value).modelsAndTroubles()
        for trouble in troubles { FileHandle.standardError.write(Data("\(trouble)\n".utf8)) }
        if json.json { return try printJSON(models) }
        printTable(
            ["model", "version", "aliases", "stage", "environment", "run", "commit", "remark"],
            models.map {
                [
                    $0.name, $0.version, $0.aliases.joined(separator: " "), $0.stage,
                    $0.tags["espalier.environment"] ?? "-",
                    $0.tags["espalier.run"] ?? "-", short($0.tags["espalier.commit"] ?? "-"), $0.remark ?? "",
                ]
            }, empty: "No model has been registered yet.")
    }

    private func listTenures(at time: String) async throws {
        let moment = try time == "always" ? nil : Date(argument: time)
        let tenures = try await Reporter(home: home.value).tenures(at: moment)
        if json.json { return try printJSON(tenures) }
        printTable(
            ["model", "alias", "version", "since", "until", "decision", "commit", "evidence"],
            tenures.map {
                [
                    $0.model, $0.alias, $0.version, show($0.since), show($0.until), String($0.decision),
                    short($0.commit), $0.evidenceSha256.map(short) ?? "-",
                ]
            }, empty: "No decision had moved an alias.")
    }
}

struct Schedules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List live schedules with their next and past fires.")

    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        let schedules = try await Reporter(home: home.value).schedules()
        if json.json { return try printJSON(schedules) }
        guard !schedules.isEmpty else { return print("No schedule is live: one goes live when a release run passes.") }
        for schedule in schedules {
            print(
                "\(schedule.name) in \(schedule.environment): \(schedule.cron) \(schedule.timezone), next \(show(schedule.next))"
            )
            print("  live since \(show(schedule.liveSince)) by run \(schedule.run), commit \(short(schedule.commit))")
            for fire in schedule.fires {
                print(
                    "  fired for \(show(fire.logicalTime)) at \(show(fire.storedAt)) with "
                        + "\(fire.model ?? "no model") \(fire.version ?? "")")
            }
        }
    }
}

struct Fire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a schedule now for a logical time. A repeated fire keeps the pins of the first.")

    @Argument(help: "Name of the schedule: its pipeline.") var name: String
    @Option(name: .customLong("at"), help: "Logical time, RFC 3339: 2026-11-23T11:00:00Z.") var time: String
    @Option(help: "Name of the project, when there are several.") var project: String = ""
    @Flag(help: "Wait until the run has ended; exit code 1 unless it passed.") var wait = false
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        let moment = try Date(argument: time)
        let runs = try DaemonClient(home: home.value).fire(name, project: project, at: moment)
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
