import Events
import Formats
import Projects

/// The gate asked for a check of a change's merge.
package struct ChangeTrigger: TriggerKind {
    package static let tag = "change"

    package let number: Int64
    /// The tip of the target that the change was merged with.
    package let base: ObjectID

    private enum CodingKeys: String, CodingKey { case number, base }

    package var sentence: String { "change \(number) merged with \(base.short)" }
    package var isCheck: Bool { true }
}

extension Trigger {
    public static func change(number: Int64, base: ObjectID) -> Trigger {
        Trigger(ChangeTrigger(number: number, base: base))
    }

    /// The number of the change that the run checks, if it checks one.
    public var change: Int64? { self.as(ChangeTrigger.self)?.number }
}

extension CheckRequest: StartingEvent {
    package typealias Started = ChangeTrigger

    package var isFromFork: Bool { isFork ?? false }
    /// A queued change holds up others; a change that is only being checked does not.
    package var priority: Int { isQueued ?? false ? 1 : 0 }

    package func match(_ pipeline: Pipeline, _ facts: CommitFacts) -> Match {
        guard let rule = pipeline.triggers.rule(ChangeRule.self) else { return .skipped(.notTriggered(by: "change")) }
        guard rule.targets.contains(where: { $0.matches(target) }) else {
            return .skipped(.otherTarget(wanted: rule.targets.map(\.description)))
        }
        if let reason = facts.untouched(rule.paths) { return .skipped(reason) }
        return .starts(environment: rule.environment, .change(number: change, base: base))
    }
}

extension NonRun {
    package static func otherTarget(wanted: [String]) -> NonRun {
        NonRun("otherTarget", "checks changes to \(wanted.joined(separator: ", "))")
    }
}
