import Events
import Formats
import Projects

/// A person makes a version the incumbent: an earlier one again, or one that no rule judged here.
package struct RollbackTrigger: TriggerKind {
    package static let tag = "rollback"

    package let model: String
    package let version: String
    package let by: String
    package let reason: String
    /// Whether the person accepts a version that was not champion before. Absent: no.
    package let accepts: Bool?

    private enum CodingKeys: String, CodingKey { case model, version, by, reason, accepts }

    package var sentence: String {
        let what = accepts ?? false ? "\(model) \(version) accepted" : "rollback of \(model) to \(version)"
        return "\(what) by \(by): \(reason)"
    }
    package var reasonToRunAnew: String? { "a version is tried again before it is restored" }
}

extension Trigger {
    public static func rollback(model: String, version: String, by: String, reason: String, accepts: Bool? = nil)
        -> Trigger
    {
        Trigger(RollbackTrigger(model: model, version: version, by: by, reason: reason, accepts: accepts))
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
        let trigger = Trigger.rollback(model: model, version: version, by: by, reason: reason, accepts: accepts)
        let pipeline = Pipeline.rollback(trying: environment.registry.smoke)
        return Planning(plans: [Plan(pipeline, in: environment.serving(model), trigger: trigger, facts, digest: digest)]
        )
    }
}
