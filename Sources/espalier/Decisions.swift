import Answering
import ArgumentParser
import Daemon
import Foundation
import Home
import Reading
import Reports

struct Decisions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, show, approve, accept and verify promotion decisions.",
        subcommands: [List.self, Show.self, Approve.self, Accept.self, Verify.self, Export.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List promotion decisions with their reasons, oldest first.")

        @OptionGroup var home: HomeOption
        @OptionGroup var json: JSONFlag

        func run() async throws {
            let decisions = try await Reporter(home: home.value).decisions()
            if json.json { return try printJSON(decisions) }
            guard !decisions.isEmpty else { return print("Nothing has been decided yet.") }
            for decision in decisions {
                printHead(decision)
                for reason in decision.reasons { print("  \(reason)") }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one decision: every rule and slice with its numbers.")

        @Argument(help: "Number of the decision.") var number: Int64
        @OptionGroup var home: HomeOption
        @OptionGroup var json: JSONFlag

        func run() async throws {
            guard let decision = try await Reporter(home: home.value).decision(number) else {
                throw Complaint(description: "there is no decision \(number): `espalier decisions` lists them")
            }
            if json.json { return try printJSON(decision) }
            printHead(decision)
            print("  \(decision.reasons.first ?? "")\n")
            printFindings(decision.findings)
        }
    }

    struct Approve: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approve a promotion that has passed its rules and needs approvals.",
            discussion: "Goes into the audit trail. The author of the commit cannot approve it.")

        @Argument(help: "Number of the decision.") var number: Int64
        @OptionGroup var person: PersonOption
        @OptionGroup var home: HomeOption

        func run() throws {
            print(try DaemonClient(home: home.value).approve(decision: number, as: person.name), terminator: "")
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept a version as champion that no rule judged here.",
            discussion: """
                For a champion from before Espalier, for an alias that somebody moved by hand, or where the ledger's champion is gone
                from the registry. The version is loaded and must predict; its files are stated and signed; and the decision goes
                into the ledger with your name and the reason.
                """)

        @Argument(help: "Name of the registered model.") var model: String
        @Option(help: "The version. Default: the one that the registry's alias points to.") var version: String?
        @Option(help: "Why.") var reason: String
        @Option(help: "Environment, if several use the model.") var environment: String?
        @Flag(help: "Wait until it is done; exit code 1 unless the version is champion.") var wait = false
        @OptionGroup var person: PersonOption
        @OptionGroup var home: HomeOption

        func run() async throws {
            let reason = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
            guard !reason.isEmpty else { throw ValidationError("give a reason: it goes into the ledger") }
            let run = try DaemonClient(home: home.value).accept(
                model, version: version, environment: environment, as: person.name, because: reason)
            guard let run else { throw Complaint(description: "nothing was started: `espalier status` says why") }
            guard wait else { return print("run \(run)") }
            try await Runs.parse([String(run), "--wait", "--home", home.value.path]).run()
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Check that the hash chain of the ledger is intact and that the evidence is still there, unchanged.")

        @Option(help: "Check an exported ledger file instead.") var file: String?
        @OptionGroup var home: HomeOption

        func run() async throws {
            let ledger: [LedgerEntry]
            var found: [String]
            if let file {
                ledger = try entries(of: file)
                found = problems(of: ledger)
            } else {
                let reporter = try Reporter(home: home.value)
                ledger = try await reporter.ledger()
                found = problems(of: ledger)
                found += try await reporter.problemsOfEvidence()
            }
            for problem in found { print(problem) }
            guard found.isEmpty else { throw ExitCode(1) }
            print(
                "\(ledger.count) decisions, each follows the one before it; the last hash is \(ledger.last?.hash ?? "none")"
            )
        }

        private func entries(of file: String) throws -> [LedgerEntry] {
            guard let bytes = FileManager.default.contents(atPath: file) else {
                throw Complaint(description: "\(file) cannot be read")
            }
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            return try bytes.split(separator: UInt8(ascii: "\n")).enumerated().map { place, line in
                do {
                    return try decoder.decode(LedgerEntry.self, from: line)
                } catch {
                    throw Complaint(description: "\(file), line \(place + 1) is not a ledger entry")
                }
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the ledger, one JSON object per line, for `decisions verify --file` or any other program.")

        @OptionGroup var home: HomeOption

        func run() async throws {
            let encoder = JSONEncoder()
            encoder.dateEncodingStrategy = .iso8601
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            for entry in try await Reporter(home: home.value).ledger() {
                print(String(decoding: try encoder.encode(entry), as: UTF8.self))
            }
        }
    }
}

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Roll back to an earlier champion: it is loaded and must predict, then the alias moves.",
        discussion: """
            It is tried on the code that serves the present champion, by `registry: { smoke: COMMAND }` of the environment. The
            move goes through the ledger, with the reason; `espalier decisions` shows it.
            """)

    @Argument(help: "Name of the registered model.") var model: String
    @Option(name: .customLong("to"), help: "An earlier champion. Default: the previous champion.")
    var version: String?
    @Option(help: "Why.") var reason: String
    @Option(help: "Environment, if the model has champions in several.") var environment: String?
    @Flag(help: "Wait until it is done; exit code 1 unless the champion was replaced.") var wait = false
    @OptionGroup var person: PersonOption
    @OptionGroup var home: HomeOption

    func run() async throws {
        let reason = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard !reason.isEmpty else { throw ValidationError("give a reason: it goes into the ledger") }
        let run = try DaemonClient(home: home.value).rollBack(
            model, to: version, environment: environment, as: person.name, because: reason)
        guard let run else { throw Complaint(description: "nothing was started: `espalier status` says why") }
        guard wait else { return print("run \(run)") }
        try await Runs.parse([String(run), "--wait", "--home", home.value.path]).run()
    }
}

struct Judge: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how a promote step's rules would judge evidence. Nothing is stored or moved.",
        discussion: """
            The evidence is a CSV table with the columns id, label, challenger, and where wanted champion, weight, group and
            slices. With a column champion the rules compare; without one they judge a first model.
            """)

    @Argument(help: "Evidence: CSV files.") var files: [String]
    @Option(help: "Pipeline with the promote step. Not needed if only one pipeline has one.") var pipeline: String?
    @Option(help: "Rows that the challenger was trained on: a file with one id per line.") var trainingIDs: String?
    @Option(help: "A value that a step reported: latency_ms=12.5.") var reported: [String] = []
    @Option(help: "How many earlier comparisons used the same holdout.") var uses = 0
    @Option(help: "Number of resamples. Real decisions use 10000.") var resamples = 10_000
    @OptionGroup var project: ProjectFolder
    @OptionGroup var json: JSONFlag

    func run() throws {
        var numbers: [String: Double] = [:]
        for text in reported {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Double(parts[1]) else {
                throw ValidationError("'\(text)' is not a reported number: write latency_ms=12.5")
            }
            numbers[String(parts[0])] = number
        }
        let judge = try EvidenceJudge(
            WorkingTree(project.folder), pipeline: pipeline, trainingIDs: trainingIDs, reported: numbers, uses: uses,
            resamples: resamples)
        let judgements = try files.map(judge.judge)
        if json.json { return try printJSON(judgements) }
        for judgement in judgements {
            print("\(judgement.file): \(judgement.reasons.first ?? "")\n")
            printFindings(judgement.findings)
        }
    }
}

private func printHead(_ decision: DecisionReport) {
    print(
        "decision \(decision.id), \(show(decision.decidedAt)): \(decision.model) \(decision.challenger) "
            + "against \(decision.champion ?? "nothing"): \(decision.verdict)")
    print(
        "  run \(decision.run), commit \(short(decision.commit)), evidence sha256:\(decision.evidenceSha256?.prefix(10) ?? "-") "
            + "(\(decision.rows) rows), applied \(show(decision.appliedAt))")
    if decision.approvalsNeeded > 0 {
        print(
            "  approvals: \(decision.approvedBy.count) of \(decision.approvalsNeeded)"
                + (decision.approvedBy.isEmpty ? "" : ", by \(decision.approvedBy.joined(separator: ", "))"))
    }
    if let voided = decision.voided { print("  void: \(voided)") }
}

private func printFindings(_ findings: [FindingReport]) {
    printTable(
        ["rule", "of", "rows", "challenger", "champion", "better by", "from", "to", "wanted", "outcome"],
        findings.map { finding in
            [
                finding.slice == nil ? finding.rule : "", finding.slice.map { "  \($0)" } ?? finding.subject,
                finding.rows.map(String.init) ?? "", text(finding.challenger), text(finding.champion),
                text(finding.difference), text(finding.lower), text(finding.upper), text(finding.wanted),
                finding.outcome.replacingOccurrences(of: "_", with: " "),
            ]
        }, empty: "No rule was applied.")
}

private func text(_ number: Double?) -> String { number.map { String(format: "%.5g", $0) } ?? "" }
