import Synchronization

/// Rings when a schedule may be due. Beside *that*, it says whether the live schedules are still the same.
package final class ScheduleBell: Sendable {
    package let bell = Bell()
    private let isStale = Mutex(true)

    /// A run of a fire has ended, or somebody asked for one.
    package func ring() { bell.ring() }

    /// Schedules went live, were retired, paused or resumed.
    package func schedulesChanged() {
        forget()
        bell.ring()
    }

    /// What is known of the schedules is not to be trusted; the next ring finds out.
    package func forget() { isStale.withLock { $0 = true } }

    /// Whether the schedules have to be read again; asking is taking note.
    package func takeChange() -> Bool {
        isStale.withLock { stale in
            defer { stale = false }
            return stale
        }
    }
}
