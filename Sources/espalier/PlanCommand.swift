import ArgumentParser
import Daemon
import Events
import Foundation
import Plans
import Projects

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show exactly what a push would run, and why the rest would not.")

    @Option(name: .long, help: "The branch that would be pushed: its tip if it exists, else HEAD's commit.") var push:
        String
    @OptionGroup var project: ProjectFolder
    @OptionGroup var json: JSONFlag

    func run() throws {
        let planning = try WorkingTree(project.folder).planPush(of: push)
        if json.json { return try printJSON(planning) }
        if let remark = planning.remark { print(remark) }
        for plan in planning.plans {
            print(
                "\(plan.pipeline) runs in \(plan.environment) at \(plan.commit.short), configuration \(plan.configurationDigest.prefix(10))"
            )
            for note in plan.notes { print("  note: \(note)") }
            for step in plan.steps {
                let needs = step.needs.isEmpty ? "" : " after \(step.needs.joined(separator: ", "))"
                print("  \(step.name)\(needs): \(step.action.sentence)")
            }
        }
        for (pipeline, reason) in planning.skipped.sorted(by: { $0.key < $1.key }) {
            print("\(pipeline) does not run: \(reason)")
        }
    }
}

extension Action {
    var sentence: String {
        switch self {
        case .run(let command): command
        case .register(let model): "register \(model)"
        case .restore: "make the version incumbent again"
        case .promote(let evidence, _, _): "promote by \(evidence)"
        }
    }
}

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of a kind of file, for editors.")

    enum Kind: String, ExpressibleByArgument, CaseIterable { case project, environment, pipeline }

    @Argument(help: "project, environment or pipeline.") var kind: Kind

    func run() {
        switch kind {
        case .project: print(EnvironmentFile.projectShape.schema(title: "environments/project.yml"), terminator: "")
        case .environment: print(EnvironmentFile.shape.schema(title: "environments/NAME.yml"), terminator: "")
        case .pipeline: print(PipelineFile.shape.schema(title: "pipelines/NAME.yml"), terminator: "")
        }
    }
}
