import Home
import Plans
import Projects
import Reading

extension Plan {
    /// What a step that is a process of its own runs.
    package func command(of step: PlannedStep) throws -> String {
        switch step.action {
        case .run(let command): return command
        case .plan(let infrastructure): return infrastructure.planCommand
        case .apply(let plan, _):
            guard case .plan(let infrastructure) = self.step(named: plan.step)?.action else { break }
            return infrastructure.applyCommand(planOf: plan.step)
        case .register, .promote, .restore: break
        }
        throw DaemonError.refused("step '\(step.name)' is no command")
    }
}

extension PlannedStep {
    var isPlan: Bool {
        if case .plan = action { true } else { false }
    }
}
