import Foundation
import Plans

/// A stored run with all its facts.
public struct StoredRun: Sendable {
    public let id: Int64
    public let project: Int64
    /// The event that caused it.
    public let event: Int64
    public let plan: Plan
    public let createdAt: Date
    public let facts: [Recorded]
    /// Absent while a step may still run.
    public let outcome: RunOutcome?

    public var progress: RunProgress { RunProgress(plan, facts: facts) }

    public init(
        id: Int64, project: Int64, event: Int64, plan: Plan, createdAt: Date, facts: [Recorded] = [],
        outcome: RunOutcome? = nil
    ) {
        self.id = id
        self.project = project
        self.event = event
        self.plan = plan
        self.createdAt = createdAt
        self.facts = facts
        self.outcome = outcome
    }

    /// The first step that did not pass, and why: `unit-tests: exit code 1`. Empty if there is none.
    public var failure: String {
        let progress = self.progress
        for step in plan.steps {
            guard let outcome = progress[step.name].state.outcome, !outcome.satisfies else { continue }
            return outcome.detail.isEmpty ? "\(step.name): \(outcome.word)" : "\(step.name): \(outcome.detail)"
        }
        return ""
    }
}
