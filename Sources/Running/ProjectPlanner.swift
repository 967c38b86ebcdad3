import Events
import Executing
import Home
import Plans
import Projects
import Promoting

/// What the engine asks about the files of a project. The daemon reads them from repositories; tests give plans as they are.
package protocol ProjectPlanner: Sendable {
    /// What an event starts. A commit that is wrong or gone starts nothing, and the remark says why.
    ///
    /// - Throws: when the repository cannot be read: that is no answer, and is tried again.
    func planning(for event: Event, of project: StoredProject, driftStarts: DriftStarts) throws -> Planning

    /// The schedules that a run's commit declares for the run's environment, by pipeline.
    func schedules(of plan: Plan, in project: StoredProject) throws -> [String: ScheduleRule]

    /// The project as its default branch has it; `nil` without one.
    func trustedProject(in project: StoredProject) throws -> Project?
}
