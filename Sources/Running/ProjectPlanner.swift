import Events
import Plans
import Projects

/// What the engine needs to know from a project's files. The daemon reads them from repositories; tests supply plans
/// directly.
package protocol ProjectPlanner: Sendable {
    /// What an event starts. If the commit is invalid or gone, nothing starts and the remark says why.
    ///
    /// - Throws: if the repository cannot be read; planning is then retried.
    func planning(for event: Event, of project: StoredProject, driftStarts: DriftStarts) throws -> Planning

    /// The schedules that a run's commit declares for the run's environment, by pipeline.
    func schedules(of plan: Plan, in project: StoredProject) throws -> [String: ReleasedSchedule]

    /// The project at the tip of its default branch; `nil` if there is none.
    func trustedProject(in project: StoredProject) throws -> Project?
}
