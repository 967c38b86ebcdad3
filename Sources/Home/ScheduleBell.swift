import Synchronization

/// Rings when a schedule may be due. Also says whether the live schedules have changed.
package final class ScheduleBell: Sendable {
    package let bell = Bell()
    private let isStale = Mutex(true)

    /// A run of a fire ended, or somebody requested one.
    package func ring() { bell.ring() }

    /// Schedules went live, were retired, paused or resumed.
    package func schedulesChanged() {
        forget()
        bell.ring()
    }

    /// The cached schedules may be wrong; the next ring reloads them.
    package func forget() { isStale.withLock { $0 = true } }

    /// Whether the schedules must be reloaded. The call resets the answer.
    package func takeChange() -> Bool {
        isStale.withLock { stale in
            defer { stale = false }
            return stale
        }
    }
}
