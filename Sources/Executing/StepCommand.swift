import Home
import Plans
import Projects

extension Plan {
    /// The shell command of a step that runs as a process.
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
