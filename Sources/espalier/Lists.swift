import Answering
import ArgumentParser
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
        help: "List what the ledger's aliases pointed to at this time (RFC 3339), or `always` for the whole history.")
    var time: String?
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        if let time { return try await listTenures(at: time) }
        let (models, troubles) = try await Reporter(home: home.value).modelsAndTroubles()
        for trouble in troubles { StandardError.write("\(trouble)\n") }
        if json.json { return try printJSON(models) }
        printTable(
            ["model", "version", "aliases", "stage", "environment", "run", "commit", "remark"],
            models.map {
                [
                    $0.name, $0.version, $0.aliases.joined(separator: " "), $0.stage,
                    $0.tags["espalier.environment"] ?? "-",
                    $0.tags["espalier.run"] ?? "-", short($0.tags["espalier.commit"] ?? "-"), $0.remark ?? "",
                ]
            },
            empty: troubles.isEmpty
                ? "No model has been registered yet." : "The registries that answered have no models.")
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
