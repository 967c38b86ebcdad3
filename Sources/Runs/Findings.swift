import Plans
import Projects

extension RunProgress {
    /// What a step of the run says has drifted from what the model learned: one has reported `drift=detected`, with
    /// `drift_reason=…` beside it.
    public var drift: String? {
        for step in plan.steps {
            let values = self[step.name].values
            guard values["drift"] == "detected" else { continue }
            return values["drift_reason"] ?? "step '\(step.name)' found drift"
        }
        return nil
    }

    /// What a scheduled run says is wrong with the model that it was pinned to, where its environment has the champion
    /// before it back for that: a step has reported `health=failed`, with `health_reason=…` beside it.
    public var illness: String? {
        guard case .fire = plan.trigger, plan.settings.registry.rollsBackWhenIll ?? false else { return nil }
        for step in plan.steps {
            let values = self[step.name].values
            guard values["health"] == "failed" else { continue }
            return "step '\(step.name)' found the model ill" + (values["health_reason"].map { ": \($0)" } ?? "")
        }
        return nil
    }
}
