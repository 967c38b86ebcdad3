import Answering
import ArgumentParser
import Daemon
import Following
import Foundation
import Reports

struct ChangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "change", abstract: "Open, show, approve or withdraw a change.",
        subcommands: [Open.self, Show.self, Approve.self, Withdraw.self])

    struct Open: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose a branch as it is now. After another push, open it again to update the change.",
            discussion: "The same as `git push origin BRANCH:refs/for/TARGET -o topic=TOPIC`.")

        @Argument(help: "A branch of the watched repository.") var branch: String
        @Option(help: "The branch to merge into.") var target = "main"
        @Option(help: "Topic of the change. Default: derived from the branch's name.") var topic: String?
        @Option(help: "Name of the project, if there are several.") var project: String = ""
        @OptionGroup var home: HomeOption

        func run() throws {
            let client = DaemonClient(home: home.value)
            print(try client.openChange(of: branch, into: target, topic: topic, project: project), terminator: "")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the state of a change, what it waits for, and its history.")

        @Argument(help: "Number of a change.") var number: Int64
        @OptionGroup var home: HomeOption
        @OptionGroup var json: JSONFlag

        func run() async throws {
            guard let change = try await Reporter(home: home.value).change(number) else {
                throw Complaint(description: "there is no change \(number): `espalier changes` lists them")
            }
            if json.json { return try printJSON(change) }
            let it = change.change
            print("change \(it.id) for \(it.target): \(it.title), by \(it.author)")
            print("\(it.outcome): \(it.reason)" + (it.position.map { ", place \($0) in the queue" } ?? ""))
            printTable(["when", "what"], change.history.map { [show($0.at), $0.sentence] }, empty: "")
            printPlans(change.infrastructure)
        }
    }

    struct Approve: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Approve a change that you have reviewed. Goes into the audit trail; a new head needs new approvals.")

        @Argument(help: "Number of a change.") var number: Int64
        @OptionGroup var person: PersonOption
        @OptionGroup var home: HomeOption

        func run() throws {
            try DaemonClient(home: home.value).approve(change: number, as: person.name)
            print("change \(number) is approved by \(person.name)")
        }
    }

    struct Withdraw: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Withdraw a change.")

        @Argument(help: "Number of a change.") var number: Int64
        @OptionGroup var person: PersonOption
        @OptionGroup var home: HomeOption

        func run() throws {
            try DaemonClient(home: home.value).withdraw(change: number, as: person.name)
            print("change \(number) is withdrawn")
        }
    }
}

struct Bypass: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Allow one direct push into a gated branch. It is recorded in the audit trail first.")

    @Argument(help: "A gated branch.") var branch: String
    @Option(help: "Why this push cannot wait for the gate.") var reason: String
    @Option(help: "Minutes until the permission expires.") var minutes = 10
    @Option(help: "Name of the project, if there are several.") var project: String = ""
    @OptionGroup var person: PersonOption
    @OptionGroup var home: HomeOption

    func validate() throws {
        guard minutes > 0 else { throw ValidationError("--minutes must be at least 1") }
    }

    func run() async throws {
        try await GateBypass(home: home.value).letThrough(
            branch, minutes: minutes, reason: reason, as: person.name, project: project.isEmpty ? nil : project)
        print("one push into \(branch) is allowed in the next \(minutes) minutes")
    }
}

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List what people approved, withdrew, or did past the rules.")

    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        let entries = try await Reporter(home: home.value).audit()
        if json.json { return try printJSON(entries) }
        printTable(
            ["when", "project", "who", "what"], entries.map { [show($0.at), $0.project, $0.who, $0.deed] },
            empty: "Nobody has approved, withdrawn or bypassed anything.")
    }
}

/// The person who acts. Everybody who can reach the daemon's socket is an operator and states their own name.
struct PersonOption: ParsableArguments {
    @Option(name: .customLong("as"), help: "Your name, for the audit trail. Default: your login name.")
    var given: String?

    var name: String {
        let environment = ProcessInfo.processInfo.environment
        return given ?? environment["SUDO_USER"] ?? environment["USER"] ?? environment["LOGNAME"] ?? NSUserName()
    }
}
