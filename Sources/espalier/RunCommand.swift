import Answering
import ArgumentParser
import Daemon
import Foundation
import Home
import Logging
import Reading
import Reports

struct RunPipeline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a pipeline on the working tree as it is, committed or not, without a daemon.",
        discussion: """
            The same planner, sandbox and messages as a push. Steps see the files under a layer of their own; nothing is
            registered or promoted. Runs are kept in HOME/local/….
            """)

    @Argument(help: "Name of the pipeline: its file without .yml.") var pipeline: String
    @Argument(help: "Only these steps and what they need. Default: all.") var steps: [String] = []
    @Option(help: "Environment to run in. Default: the first that the pipeline names.") var environment: String?
    @Option(help: "Steps that run at once.") var slots = 2
    @Option(help: "A Python with MLflow's server. Default: $ESPALIER_MLFLOW_PYTHON, else python3.") var mlflowPython:
        String?
    @OptionGroup var project: ProjectFolder
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func validate() throws {
        guard slots > 0 else { throw ValidationError("--slots must be at least 1") }
    }

    func run() async throws {
        LoggingSystem.bootstrap { PlainLog(label: $0) }
        var logger = Logger(label: "espalier")
        logger.logLevel = .warning
        let local = LocalRun(
            try WorkingTree(project.folder), home: home.value, minder: sibling("espalier-minder"),
            mlflowPython: mlflowPythonPath(mlflowPython), slots: slots, logger: logger)
        let detail = try await local.run(pipeline, steps: steps, environment: environment) { [json] run, reporter in
            if !json.json { try await follow(run, reporter) }
        }
        if json.json { try printJSON(detail) } else { Runs.show(detail, log: local.home.path) }
        if !["passed", "skipped"].contains(detail.run.outcome) { throw ExitCode(1) }
    }
}

/// Prints the progress of each step while a run is going on.
private func follow(_ run: Int64, _ reporter: Reporter) async throws {
    var said: [String: String] = [:]
    while let detail = try await reporter.run(run) {
        for step in detail.steps where step.state != "pending" && said[step.name] != step.state {
            said[step.name] = step.state
            StandardError.write("\(step.name): \(step.state) \(step.detail)\n")
        }
        if detail.run.isOver { return }
        try await Task.sleep(for: .milliseconds(200))
    }
}
