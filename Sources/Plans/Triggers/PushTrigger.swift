import Events
import Formats
import Projects

/// A branch moved.
package struct PushTrigger: TriggerKind {
    package static let tag = "push"

    package init() {}

    package var sentence: String { "push" }
    package var mayReportDrift: Bool { true }
}

extension Trigger {
    public static let push = Trigger(PushTrigger())
}

extension RefMove: StartingEvent {
    package typealias Started = PushTrigger

    package func planning(at facts: CommitFacts, digest: (String) -> String) -> Planning? {
        guard facts.project.environment(ofBranch: facts.branch) == nil else { return nil }
        return Planning(remark: noEnvironment(for: facts.branch, in: facts.project))
    }

    package func match(_ pipeline: Pipeline, _ facts: CommitFacts) -> Match {
        guard let push = pipeline.triggers.rule(PushRule.self) else { return .skipped(.notTriggered(by: "push")) }
        let actual = facts.project.environment(ofBranch: facts.branch)?.name ?? "none"
        guard push.environments.contains(actual) else {
            return .skipped(.otherEnvironment(wanted: push.environments, actual: actual))
        }
        if !push.branches.isEmpty, !push.branches.contains(where: { $0.matches(facts.branch) }) {
            return .skipped(.otherBranch(wanted: push.branches.map(\.description)))
        }
        if let reason = facts.untouched(push.paths) { return .skipped(reason) }
        return .starts(environment: actual, .push)
    }
}

extension NonRun {
    package static func otherBranch(wanted: [String]) -> NonRun {
        NonRun("otherBranch", "runs for branches \(wanted.joined(separator: ", "))")
    }
}

/// The message for a branch that no environment matches.
func noEnvironment(for branch: String, in project: Project) -> String {
    let known = project.environments.map { environment in
        "\(environment.name): \(environment.branches.map(\.description).joined(separator: " "))"
    }
    return "no environment covers branch '\(branch)' (\(known.joined(separator: "; "))): "
        + "rename the branch, or add a pattern under branches: in environments/"
}
