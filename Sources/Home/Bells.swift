/// The bells of a daemon. Services ring and answer them, and know nothing of each other.
package struct Bells: Sendable {
    /// Something may have to be planned, started, merged or ended.
    package let turn = Bell()
    /// A schedule may be due, or the live schedules have changed.
    package let schedules = ScheduleBell()
    /// A forge may need a status or a look.
    package let forges = Bell()
    /// A notice to a person may be due.
    package let notices = Bell()
    /// A decision may have been approved.
    package let approvals = Bell()

    /// The set of troubles has changed.
    package let troubles = Bell()

    package init() {}

    /// No more rings: every listener's loop ends.
    package func stop() {
        for bell in [turn, schedules.bell, forges, notices, approvals, troubles] { bell.stop() }
    }
}
