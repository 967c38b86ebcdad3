import Events
import Formats
import Projects

/// A rollback makes an earlier version the incumbent again.
package struct RollbackTrigger: TriggerKind {
    package static let tag = "rollback"

    package let model: String
    package let version: String
    package let by: String
    package let reason: String

    private enum CodingKeys: String, CodingKey { case model, version, by, reason }

    package var sentence: String { "rollback of \(model) to \(version) by \(by): \(reason)" }
    package var reasonToRunAnew: String? { "a version is tried again before it is restored" }
}

extension Trigger {
    public static func rollback(model: String, version: String, by: String, reason: String) -> Trigger {
        Trigger(RollbackTrigger(model: model, version: version, by: by, reason: reason))
    }
}

extension RollbackRequest: StartingEvent {
    package typealias Started = RollbackTrigger

    package func match(_ pipeline: Pipeline, _ facts: CommitFacts) -> Match {
        .skipped(.notTriggered(by: Self.tag))
    }

    /// A rollback does not need a pipeline of the project. The project can only choose how the version is tried.
    package func planning(at facts: CommitFacts, digest: (String) -> String) -> Planning? {
        guard let environment = facts.project.environment(named: environment) else {
            return Planning(remark: "there is no environment '\(environment)' at \(facts.commit.short)")
        }
        let trigger = Trigger.rollback(model: model, version: version, by: by, reason: reason)
        let pipeline = Pipeline.rollback(trying: environment.registry.smoke)
        return Planning(plans: [Plan(pipeline, in: environment.serving(model), trigger: trigger, facts, digest: digest)]
        )
    }
}
