import Synchronization

/// Rings the clockwork's bell. What it says beside *that* something happened is whether the schedules are still the same.
final class ClockBell: Sendable {
    let bell = Bell()
    private let isStale = Mutex(true)

    /// A run of a fire has ended, or somebody asked for one.
    func ring() { bell.ring() }

    /// Schedules went live, were retired, paused or resumed.
    func schedulesChanged() {
        forget()
        bell.ring()
    }

    /// What is known of the schedules is not to be trusted; the next ring finds out.
    func forget() { isStale.withLock { $0 = true } }

    /// Whether the schedules have to be read again; asking is taking note.
    func takeChange() -> Bool {
        isStale.withLock { stale in
            defer { stale = false }
            return stale
        }
    }
}
