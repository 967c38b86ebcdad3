import Foundation
import Home
import Logging
import Notices
import Projects
import Store
import Synchronization

/// Sends the notices in the outbox until they are accepted or given up. Each channel is a lane.
package final class NoticeSender: Sendable {
    private let store: Store
    private let courier: NoticeCourier
    private let logger: Logger
    private let lanes: Lanes<NoticeLane>
    private let pauses = Mutex<[NoticeLane: Pause]>([:])

    /// A pause for a channel that does not answer.
    private struct Pause {
        /// Consecutive attempts without an answer.
        var failures = 0
        var until = Date.distantPast
    }

    package init(store: Store, courier: NoticeCourier, logger: Logger, bells: Bells) {
        lanes = Lanes(bells.notices)
        self.store = store
        self.courier = courier
        self.logger = logger
    }

    /// Runs until it is stopped.
    package func run() async {
        await lanes.run {
            let due = try await store.openLanes()
            return pauses.withLock { pauses in
                due.reduce(into: [:]) { $0[$1.key] = max($1.value, pauses[$1.key]?.until ?? .distantPast) }
            }
        } failed: { error in
            logger.error("the notices could not be read, and are tried again: \(error)")
        } serve: {
            await self.serve($0)
        }
    }

    /// Sends the due notices of a lane in order, until the other side stops answering.
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
            pauses.withLock { $0[lane, default: Pause()].until = Date().addingTimeInterval(5) }
        }
    }

    /// - Returns: whether the lane is still open.
    private func attempt(_ notice: StoredNotice, _ channel: Channel?) async throws -> Bool {
        guard let channel else {
            try await store.markFailed(
                notice, because: "environment '\(notice.lane.environment)' has no such channel any more", next: nil,
                at: Date())
            return true
        }
        let delivery = await courier.deliver(
            notice.notice, through: channel, to: notice.recipient, key: notice.key)
        // If the daemon is stopping, a child process that ended says nothing about the other side.
        if Task.isCancelled, delivery != .taken { return false }
        let now = Date()
        switch delivery {
        case .taken:
            try await store.markSent(notice, at: now)
            pauses.withLock { $0[notice.lane] = nil }
            return true
        case .refused(let reason):
            try await note(notice, reason, delivery, at: now)
            return true
        case .later(let reason, let wait):
            pauses.withLock { pauses in
                let failures = (pauses[notice.lane]?.failures ?? 0) + 1
                let seconds = wait ?? backoff(after: failures, atMost: 600)
                pauses[notice.lane] = Pause(failures: failures, until: now.addingTimeInterval(seconds))
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
