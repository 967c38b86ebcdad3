import Plans
import Projects

extension RunProgress {
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
