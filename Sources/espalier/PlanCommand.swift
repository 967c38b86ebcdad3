import Answering
import ArgumentParser
import Events
import Foundation
import Plans
import Projects
import Reading
import Reports

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show exactly what a push would run, and why other pipelines would not run.",
        discussion: """
            Where the run would make schedules live once it has passed, they are compared with those that are live in the
            daemon's folder: which are new, changed or removed, and when each is due next, before and after.
            """)

    @Option(name: .long, help: "The branch that would be pushed: its tip if it exists, else HEAD's commit.") var push:
        String
    @OptionGroup var project: ProjectFolder
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    /// The output of `--json`: the keys of the planning and of the schedules.
    private struct Report: Encodable {
        let planning: Planning
        let schedules: [ScheduleChangeReport]

        enum Key: String, CodingKey { case schedules }

        func encode(to encoder: any Encoder) throws {
            try planning.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(schedules, forKey: .schedules)
        }
    }

    func run() async throws {
        let tree = try WorkingTree(project.folder)
        let planning = try tree.planPush(of: push)
        let changes = try await tree.scheduleChanges(onPushOf: push, home: home.value)
        if json.json { return try printJSON(Report(planning: planning, schedules: changes)) }
        if let remark = planning.remark { print(remark) }
        for plan in planning.plans {
            let registry = plan.settings.registry
            let model =
                registry.models.map { $0.count > 1 } ?? false ? registry.model.map { ", model \($0)" } ?? "" : ""
            print(
                "\(plan.pipeline) runs in \(plan.environment) at \(plan.commit.short), configuration \(plan.configurationDigest.prefix(10))\(model)"
            )
            for note in plan.notes { print("  note: \(note)") }
            for step in plan.steps {
                let needs = step.needs.isEmpty ? "" : " after \(step.needs.joined(separator: ", "))"
                print("  \(step.name)\(needs): \(step.action)")
            }
        }
        for (pipeline, reason) in planning.skipped.sorted(by: { $0.key < $1.key }) {
            print("\(pipeline) does not run: \(reason)")
        }
        guard !changes.isEmpty else { return }
        print("schedules after the run has passed:")
        for change in changes {
            let next = (before: show(change.nextBefore), after: show(change.nextAfter))
            switch change.kind {
            case "new": print("  \(change.name) is new, next \(next.after)")
            case "removed": print("  \(change.name) is removed, next was \(next.before)")
            case "changed":
                print("  \(change.name) changes, next \(next.before) → \(next.after)")
                for line in change.changes { print("    \(line)") }
            default: print("  \(change.name) stays, next \(next.after)")
            }
        }
    }
}

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of a kind of file, for editors.")

    enum Kind: String, ExpressibleByArgument, CaseIterable { case project, environment, pipeline, policy }

    @Argument(help: "project, environment, pipeline or policy.") var kind: Kind

    func run() {
        switch kind {
        case .project: print(EnvironmentFile.projectShape.schema(title: "environments/project.yml"), terminator: "")
        case .environment: print(EnvironmentFile.shape.schema(title: "environments/NAME.yml"), terminator: "")
        case .policy: print(Policy.shape.schema(title: "policy.yml"), terminator: "")
        case .pipeline: print(PipelineFile.shape.schema(title: "pipelines/NAME.yml"), terminator: "")
        }
    }
}
