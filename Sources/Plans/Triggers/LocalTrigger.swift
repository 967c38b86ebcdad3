import Events
import Formats
import Projects

/// A person started a run in a working tree.
package struct LocalTrigger: TriggerKind {
    package static let tag = "local"

    package init() {}

    package var sentence: String { "a person, in a working tree" }
    package var reasonToRunAnew: String? { "a local run reads files that no commit has" }
}

extension Trigger {
    public static let local = Trigger(LocalTrigger())
}

extension RunRequest: StartingEvent {
    package typealias Started = LocalTrigger

    package func match(_ pipeline: Pipeline, _ facts: CommitFacts) -> Match {
        guard pipeline.name == self.pipeline, let environment = pipeline.triggers.environments.first else {
            return .skipped(.notTriggered(by: "request"))
        }
        return .starts(environment: environment, .local)
    }
}
