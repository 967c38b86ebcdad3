import Plans
import Projects

extension RunProgress {
    /// The steps that found drift, that is, that reported `drift=detected`, with the reason in `drift_reason=…`. A
    /// reused result does not count: its drift was reported when it was found.
    public var driftedSteps: [DriftedStep] {
        plan.steps.compactMap { step in
            let progress = self[step.name]
            guard progress.state.outcome == .passed, progress.values["drift"] == "detected" else { return nil }
            return DriftedStep(name: step.name, reason: progress.values["drift_reason"] ?? "")
        }
    }

    /// Why a scheduled run triggers an automatic rollback of the model that it was pinned to; `nil` if it does not. It
    /// does if a step reported `health=failed`, with the reason in `health_reason=…`, and the environment says
    /// `rollback: on-failed-health`.
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

/// A step that found drift.
public struct DriftedStep: Sendable, Hashable, Codable {
    public let name: String
    public let reason: String

    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}
