import Foundation
import Logging
import Notices
import Projects
import Store
import Synchronization

/// Tells people what the outbox has for them, until it is taken or given up.
///
/// Each channel is served by itself: a server that is dead or slow holds up what goes the same way, and nothing else.
final class NoticeSender: Sendable {
    private let store: Store
    private let courier: NoticeCourier
    private let logger: Logger
    private let bell = Bell()
    private let lanes = Mutex<[NoticeLane: Lane]>([:])

    private struct Lane {
        var isAtWork = false
        /// Attempts in a row that nobody answered.
        var failures = 0
        var notBefore = Date.distantPast
    }

    init(store: Store, courier: NoticeCourier, logger: Logger) {
        self.store = store
        self.courier = courier
        self.logger = logger
    }

    /// Something may have to be told.
    func ring() { bell.ring() }

    func stop() { bell.stop() }

    /// Serve until stopped. What an earlier daemon left is sent first.
    func run() async {
        var alarm = Alarm(bell)
        await withDiscardingTaskGroup { group in
            bell.ring()
            for await _ in bell.rings {
                do {
                    for (lane, due) in try await store.openLanes() {
                        guard let start = begin(lane, due: due, at: Date(), &alarm) else { continue }
                        group.addTask { await self.serve(start) }
                    }
                } catch {
                    logger.error("the notices could not be read, and are tried again: \(error)")
                    alarm.set(in: 5)
                }
            }
            group.cancelAll()
        }
        alarm.cancel()
    }

    /// - Returns: the lane, when it is to be served now; else the alarm is set for when it is.
    private func begin(_ lane: NoticeLane, due: Date, at now: Date, _ alarm: inout Alarm) -> NoticeLane? {
        let start: Date? = lanes.withLock { lanes in
            let state = lanes[lane] ?? Lane()
            guard !state.isAtWork else { return nil }
            let start = max(due, state.notBefore)
            if start <= now { lanes[lane, default: Lane()].isAtWork = true }
            return start
        }
        guard let start else { return nil }
        if start <= now { return lane }
        alarm.set(in: start.timeIntervalSince(now))
        return nil
    }

    /// Send what is due on a lane, one after the other, until nobody answers.
    private func serve(_ lane: NoticeLane) async {
        var goesOn = true
        do {
            while goesOn, !Task.isCancelled,
                let (notice, channel) = try await store.takeNotice(from: lane, at: Date())
            {
                goesOn = try await attempt(notice, channel)
            }
        } catch {
            logger.error("a notice could not be noted as sent or not, and is sent again: \(error)")
            lanes.withLock { $0[lane, default: Lane()].notBefore = Date().addingTimeInterval(5) }
        }
        lanes.withLock { $0[lane, default: Lane()].isAtWork = false }
        bell.ring()
    }

    /// - Returns: whether the lane is open.
    private func attempt(_ notice: StoredNotice, _ channel: Channel?) async throws -> Bool {
        guard let channel else {
            try await store.markFailed(
                notice, because: "environment '\(notice.lane.environment)' has no such channel any more", next: nil,
                at: Date())
            return true
        }
        let delivery = await courier.deliver(
            notice.notice, through: channel, to: notice.recipient, key: notice.key)
        // A process that ended because the daemon does says nothing of the other side.
        if Task.isCancelled, delivery != .taken { return false }
        let now = Date()
        switch delivery {
        case .taken:
            try await store.markSent(notice, at: now)
            lanes.withLock { $0[notice.lane] = Lane(isAtWork: true) }
            return true
        case .refused(let reason):
            try await note(notice, reason, delivery, at: now)
            return true
        case .later(let reason, let wait):
            lanes.withLock { lanes in
                let failures = (lanes[notice.lane]?.failures ?? 0) + 1
                lanes[notice.lane]?.failures = failures
                let pause = wait ?? backoff(after: failures, atMost: 600)
                lanes[notice.lane]?.notBefore = now.addingTimeInterval(pause)
            }
            try await note(notice, reason, delivery, at: now)
            return false
        }
    }

    private func note(_ notice: StoredNotice, _ reason: String, _ delivery: Delivery, at now: Date) async throws {
        let attempts = notice.attempts + 1
        let decided = next(
            after: delivery, attempts: attempts, age: now.timeIntervalSince(notice.dueAt),
            pause: backoff(after: attempts, atMost: 600))
        var again: Date?
        if case .after(let seconds)? = decided { again = now.addingTimeInterval(seconds) }
        try await store.markFailed(notice, because: reason, next: again, at: now)
        let whom = "channel \(notice.lane.channel) of \(notice.lane.environment)"
        if again == nil {
            logger.error("\(whom) cannot be told '\(notice.notice.title)': \(reason)")
        } else if attempts == 1 {
            logger.warning("\(whom) is told later '\(notice.notice.title)': \(reason)")
        }
    }
}
