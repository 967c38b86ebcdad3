import ArgumentParser
import Foundation
import Home

let currentVersion = "0.1.0"

/// Exit codes: 0 success; 1 failure or "no" (invalid files, a failed run, nothing found); 64 wrong usage.
@main
struct Espalier: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "espalier",
        abstract: "Git-branch-driven CI/CD for machine learning.",
        discussion: """
            Feature branches are dev, main is staging, release branches are prod. Push, and see:
              espalier init FOLDER           start a project of your own
              espalier serve                 watch, run, gate, promote, fire
              espalier adopt REPOSITORY      have a repository watched
              espalier status                what is happening
            """,
        version: currentVersion,
        groupedSubcommands: [
            CommandGroup(name: "Starting:", subcommands: [Init.self, UpgradeCommand.self]),
            CommandGroup(
                name: "Operating:",
                subcommands: [
                    Serve.self, Adopt.self, Link.self, Status.self, Notices.self, DoctorCommand.self,
                    CollectGarbage.self, Failpoints.self, PerformGitSubprocess.self,
                ]),
            CommandGroup(
                name: "Writing pipelines:",
                subcommands: [
                    Validate.self, Config.self, PlanCommand.self, RunPipeline.self, CronCommand.self,
                    SchemaCommand.self, RenderCommand.self,
                ]),
            CommandGroup(
                name: "Following work:",
                subcommands: [
                    Runs.self, Logs.self, Explain.self, Cancel.self, Retry.self,
                ]),
            CommandGroup(
                name: "The gate:", subcommands: [Changes.self, ChangeCommand.self, Bypass.self, Audit.self]),
            CommandGroup(
                name: "Models and schedules:",
                subcommands: [
                    Models.self, Decisions.self, Judge.self, Rollback.self, ProvenanceCommand.self, Schedules.self,
                    Fire.self, Backfill.self,
                ]),
        ])

    /// Like the argument parser's `main`, but prints help and versions with our `print`, which reports write errors.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
        } catch {
            let text = fullMessage(for: error)
            guard exitCode(for: error).isSuccess else { exit(withError: error) }
            if !text.isEmpty { print(text) }
        }
    }
}

struct HomeOption: ParsableArguments {
    @Option(name: .long, help: "The daemon's folder. Default: $ESPALIER_HOME, else ~/.espalier.")
    var home: String?

    var value: Home { Home(home) }
}

struct PatienceOption: ParsableArguments {
    @Option(help: "Seconds without any data until a Git server counts as unreachable.")
    var patience = 300

    func validate() throws {
        guard patience > 0 else { throw ValidationError("--patience must be at least 1") }
    }
}

struct JSONFlag: ParsableArguments {
    @Flag(name: .long, help: "Print JSON.")
    var json = false
}

struct ProjectFolder: ParsableArguments {
    @Option(name: .customLong("project"), help: "Folder with environments/ and pipelines/.")
    var folder = "."
}

/// An error message for the person at the terminal, with exit code 1.
struct Complaint: Error, CustomStringConvertible {
    let description: String
}
