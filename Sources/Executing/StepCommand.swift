import Home
import Plans
import Projects
import Reading

extension Plan {
    /// What a step that is a process of its own runs.
    package func command(of step: PlannedStep) throws -> String {
        guard let command = step.action.body.command({ self.step(named: $0)?.action }) else {
            throw DaemonError.refused("step '\(step.name)' is no command")
        }
        return command
    }
}

extension PlannedStep {
    var isPlan: Bool { action.as(TerraformPlanAction.self) != nil }
}
