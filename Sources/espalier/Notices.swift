import Answering
import ArgumentParser
import Daemon
import Foundation
import Reports

struct Notices: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List notifications and their delivery, or test a channel of an environment's `notify:`.",
        subcommands: [List.self, Test.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the latest messages, newest first.")

        @Option(help: "How many at most.") var limit = 50
        @OptionGroup var home: HomeOption
        @OptionGroup var json: JSONFlag

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
        }

        func run() async throws {
            let notices = try await Reporter(home: home.value).notices(limit: limit)
            if json.json { return try printJSON(notices) }
            printTable(
                ["at", "to", "what", "state", "why"],
                notices.map { [show($0.at), $0.whom, $0.title, $0.state, $0.remark] },
                empty: "No messages have been sent yet.")
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a test message now, as the default branch configures the channel, and show the result.",
            discussion: "The daemon sends it, because it has the secrets. Exit code 1 unless it was accepted.")

        @Argument(help: "Name of the channel.") var channel: String
        @Option(help: "The environment whose `notify:` it is in.") var environment: String
        @Option(help: "Name of the project, if there are several.") var project = ""
        @OptionGroup var home: HomeOption

        func run() async throws {
            print(
                try DaemonClient(home: home.value).testNotice(channel, environment: environment, project: project),
                terminator: "")
        }
    }
}

extension NoticeReport {
    /// For example `ops of prod`, followed by the recipient of a mail.
    var whom: String { "\(channel) of \(environment)" + (recipient.map { " (\($0))" } ?? "") }

    /// Why it is not delivered, and when it is retried.
    var remark: String {
        guard state == "waiting" || state == "undelivered" else { return "" }
        let again = nextAt.map { "not before \(show($0))" }
        return [trouble, again].compactMap { $0 }.joined(separator: "; ")
    }
}
