/// The bells of a daemon. Services ring and answer them, and know nothing of each other.
package struct Bells: Sendable {
    /// Something may have to be planned, started, merged or ended.
    package let turn = Bell()
    /// A schedule may be due, or the live schedules have changed.
    package let schedules = ScheduleBell()
    /// A forge may have to be told or looked at.
    package let forges = Bell()
    /// A person may have to be told.
    package let notices = Bell()
    /// A decision may have been approved.
    package let approvals = Bell()

    /// What keeps projects from going on has changed.
    package let troubles = Bell()

    package init() {}

    /// No more rings: every listener's loop ends.
    package func stop() {
        for bell in [turn, schedules.bell, forges, notices, approvals, troubles] { bell.stop() }
    }
}
