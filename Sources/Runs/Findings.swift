import Plans
import Projects

extension RunProgress {
    /// The steps that reported drift: `drift=detected`, with the reason in `drift_reason=…`. Includes steps that were
    /// reused from an earlier run, because the drift was found then.
    public var driftedSteps: [DriftedStep] {
        plan.steps.compactMap { step in
            let progress = self[step.name]
            guard progress.state.outcome == .passed, progress.values["drift"] == "detected" else { return nil }
            return DriftedStep(name: step.name, reason: progress.values["drift_reason"] ?? "")
        }
    }

    /// Why a scheduled run triggers an automatic rollback of the model that it was pinned to; `nil` when it does not.
    /// A step has reported `health=failed`, with the reason in `health_reason=…`, and the environment says `rollback:
    /// on-failed-health`.
    public var rollbackReason: String? {
        guard plan.trigger.fire != nil, plan.settings.registry.rollsBackOnFailedHealth ?? false else { return nil }
        for step in plan.steps {
            let values = self[step.name].values
            guard values["health"] == "failed" else { continue }
            return "step '\(step.name)' reported health=failed" + (values["health_reason"].map { ": \($0)" } ?? "")
        }
        return nil
    }
}

/// A step that reported drift.
public struct DriftedStep: Sendable, Hashable, Codable {
    public let name: String
    public let reason: String

    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}
