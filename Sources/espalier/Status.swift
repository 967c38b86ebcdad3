import Answering
import ArgumentParser
import Daemon
import Foundation
import Reports

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what is watched, running and waiting.")

    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        let status = try await Reporter(home: home.value).status()
        if json.json { return try printJSON(status) }
        print(status.address.map { "The board is at \($0)" } ?? "No daemon is running on \(status.home).")
        for project in status.projects { print("project \(project.name): \(project.url ?? project.repository)") }
        for trouble in status.troubles {
            print("trouble \(trouble.project ?? "all"), since \(show(trouble.since)): \(trouble.what)")
            print("  to do: \(trouble.remedy)")
        }
        printTable(
            RunReport.heading, (status.running + status.queued).map(\.row), empty: "Nothing is running or waiting.")
        if !status.remarks.isEmpty { print("Recent events that started nothing:") }
        for remark in status.remarks { print("  \(remark)") }
        if !status.undelivered.isEmpty { print("Messages not delivered yet, or given up:") }
        for notice in status.undelivered { print("  \(notice.whom): \(notice.title): \(notice.remark)") }
    }
}

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check everything the daemon depends on, and say how to fix what is missing.")

    @OptionGroup var home: HomeOption
    @Option(help: "A Python with MLflow's server. Default: $ESPALIER_MLFLOW_PYTHON, else python3.") var mlflowPython:
        String?
    @OptionGroup var json: JSONFlag

    func run() async throws {
        let findings = await Doctor(
            home: home.value, minder: sibling("espalier-minder"),
            mlflowPython: mlflowPythonPath(mlflowPython)
        ).examine()
        if json.json {
            try printJSON(findings)
        } else {
            printTable(
                ["subject", "state", "detail"], findings.map { [$0.subject, $0.state.rawValue, $0.detail] }, empty: "")
        }
        if findings.contains(where: { $0.state == .broken }) { throw ExitCode(1) }
    }
}
