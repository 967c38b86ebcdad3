import Foundation
import Home
import Logging
import Notices
import Projects
import Promoting
import Reading
import Registry
import Schedules
import Store
import Watching

/// Fires due moments. Sleeps until the next moment of any live schedule, or until a bell rings.
///
/// Decisions are stored with the fires in one transaction. So it may look too often, be killed anywhere, or find that the
/// clock was changed: each moment is decided once.
package actor Clockwork {
    /// A live schedule, with what this process knows beyond the store.
    private struct Entry {
        let schedule: StoredSchedule
        let delay: TimeInterval
        var decidedThrough: Date
        /// When to look at it next. Absent: never.
        var next: Date?
    }

    let store: Store
    let logger: Logger
    private let troubles: Troubles
    private var names: [Int64: String] = [:]
    private let champions: Champions
    private let bells: Bells
    private let timer: WallTimer
    private var entries: [Int64: Entry] = [:]
    private let now: @Sendable () -> Date
    /// When to retry schedules whose work failed.
    private var again: Date?

    /// - Parameter now: the clock.
    package init(
        store: Store, planner: RepositoryPlanner, registries: Registries, logger: Logger, bells: Bells,
        troubles: Troubles = Troubles(), now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        self.now = now
        self.store = store
        self.logger = logger
        self.bells = bells
        self.troubles = troubles
        champions = Champions(planner: planner, registries: registries, store: store)
        timer = try WallTimer(ring: bells.schedules.ring)
    }

    /// Rings after events were stored: they must be planned, and people may have to be told of missed moments.
    private func fired() {
        bells.turn.ring()
        bells.notices.ring()
    }

    package func add(_ project: StoredProject) async {
        names[project.id] = project.name
        await champions.add(project)
        bells.schedules.schedulesChanged()
    }

    package func run() async {
        bells.schedules.ring()
        for await _ in bells.schedules.bell.rings { timer.set(await turn()) }
        timer.set(nil)
    }

    /// Does everything that is possible now. Returns when to do so again.
    func turn() async -> Date? {
        await champions.forget()
        again = nil
        do {
            if bells.schedules.takeChange() { try await readSchedules() }
            try await fireDue()
            try await startWaiting()
            try await workBackfills()
            let moments = entries.values.filter { $0.schedule.pause == nil }.compactMap(\.next)
            return (moments + [again].compactMap(\.self)).min()
        } catch {
            logger.error("schedules could not fire, and will be tried again: \(error)")
            entries = [:]
            bells.schedules.forget()
            return now().addingTimeInterval(5)
        }
    }

    /// Does work for one schedule. If it fails, for example because a registry does not answer, the others still fire.
    ///
    /// - Returns: `nil` if it failed and will be retried.
    @discardableResult
    private func attempt<Result>(_ schedule: StoredSchedule, _ work: () async throws -> Result) async -> Result? {
        do {
            let result = try await work()
            troubles.clear(.registry, of: names[schedule.project], part: schedule.pipeline)
            troubles.clear(.schedules, of: names[schedule.project], part: schedule.pipeline)
            return result
        } catch {
            if !Task.isCancelled { raise(error, schedule) }
            logger.error("schedule \(schedule.pipeline) cannot fire, and will be tried again: \(error)")
            again = now().addingTimeInterval(5)
            return nil
        }
    }

    private func raise(_ error: any Error, _ schedule: StoredSchedule) {
        // It is over in a moment.
        if error is MoveUnderWay { return }
        if let refusal = error as? DaemonError {
            troubles.raise(
                .schedules, of: names[schedule.project], part: schedule.pipeline,
                what: "schedule \(schedule.pipeline) does not fire: \(refusal)",
                remedy: "do one of the two; the schedule is tried every 5 seconds, and no moment is lost")
            return
        }
        let isRegistry = error is RegistryError
        troubles.raise(
            isRegistry ? .registry : .schedules, of: names[schedule.project], part: schedule.pipeline,
            what: "schedule \(schedule.pipeline) cannot fire: \(error)",
            remedy: isRegistry
                ? "start the registry again, or mend `registry:` of \(schedule.rule.environment); the schedule is tried every 5 seconds"
                : "mend what it says; the schedule is tried every 5 seconds")
    }

    private func readSchedules() async throws {
        let known = entries
        entries = [:]
        for schedule in try await store.liveSchedules() {
            if let entry = known[schedule.id], entry.schedule.pause == schedule.pause {
                entries[schedule.id] = entry
                continue
            }
            entries[schedule.id] = Entry(
                schedule: schedule, delay: schedule.rule.delay(of: schedule.delayName),
                decidedThrough: schedule.decidedThrough, next: .distantPast)
        }
        // A retired schedule has no troubles. Troubles without a part are about steps.
        let live = Set(
            entries.values.map {
                Trouble.Place(.schedules, project: names[$0.schedule.project], part: $0.schedule.pipeline)
            })
        for kind in [Trouble.Kind.registry, .schedules] {
            troubles.clear(kind) {
                !$0.part.isEmpty && !live.contains(Trouble.Place(.schedules, project: $0.project, part: $0.part))
            }
        }
    }

    /// Decides due moments, many schedules per transaction, because many moments share the full hour.
    private func fireDue() async throws {
        let now = now()
        let due = entries.filter { $0.value.schedule.pause == nil && $0.value.next.map { $0 <= now } ?? false }
        for batch in due.keys.sorted().chunks(of: 500) {
            var decisions: [FireDecision] = []
            for id in batch {
                guard let entry = entries[id] else { continue }
                guard let decision = await attempt(entry.schedule, { try await decide(entry, now: now) }) else {
                    entries[id]?.next = again
                    continue
                }
                if !decision.moments.isEmpty { decisions.append(decision) }
            }
            guard !decisions.isEmpty else { continue }
            let events = try await store.decide(decisions, now: now)
            Failpoint.reach(.fireStored)
            for decision in decisions {
                guard let last = decision.moments.last else { continue }
                entries[decision.schedule.id]?.decidedThrough = last.logicalTime
                logger.info("schedule \(decision.schedule.pipeline): \(decision.sentence)")
            }
            if events > 0 { fired() }
        }
    }

    private func decide(_ entry: Entry, now: Date) async throws -> FireDecision {
        let schedule = entry.schedule
        let unended =
            schedule.rule.overlap == .skip
            ? try await store.unendedFire(of: schedule.pipeline, project: schedule.project) : nil
        let due = schedule.rule.due(after: entry.decidedThrough, now: now, delay: entry.delay, unended: unended)
        // A fire that waits for other schedules is pinned when it starts.
        let fires = schedule.rule.dependencies.isEmpty && due.moments.contains { $0.skipped == nil }
        let pinned = fires ? try await champions.champion(for: schedule) : nil
        entries[schedule.id]?.next = due.next
        return FireDecision(schedule, due.moments, pinned: pinned)
    }

    /// Starts fires whose dependencies have passed. Skips those whose dependencies cannot pass any more.
    private func startWaiting() async throws {
        let waiting = try await store.waitingFires()
        guard !waiting.isEmpty else { return }
        let live = entries.values.map(\.schedule)
        for fire in waiting {
            guard let schedule = live.first(where: { $0.project == fire.project && $0.pipeline == fire.pipeline })
            else {
                try await store.skip(fire, because: .retired, at: now())
                continue
            }
            guard schedule.pause == nil else { continue }
            await attempt(schedule) { try await goOn(with: fire, schedule, among: live) }
        }
    }

    private func goOn(with fire: StoredFire, _ schedule: StoredSchedule, among live: [StoredSchedule]) async throws {
        let time = fire.logicalTime.formatted(.iso8601)
        switch try await store.readiness(of: fire, schedule, among: live) {
        case .waits: return
        case .never(let reason):
            logger.info("schedule \(fire.pipeline): \(time) is skipped: \(reason)")
            try await store.skip(fire, because: reason, at: now())
        case .ready:
            let pinned = try await champions.champion(for: schedule)
            _ = try await store.start(fire, schedule, pinned: pinned, now: now())
            Failpoint.reach(.fireStored)
            logger.info("schedule \(fire.pipeline) fires for \(time)")
            fired()
        }
    }

    private func workBackfills() async throws {
        // Oldest first.
        for backfill in try await store.openBackfills().reversed() {
            let count = backfill.limits.starts(backfill.progress)
            let schedule = entries.values.map(\.schedule).first {
                $0.project == backfill.project && $0.pipeline == backfill.pipeline
            }
            guard count > 0, let schedule else { continue }
            await attempt(schedule) {
                let pinned = try await champions.champion(for: schedule)
                _ = try await store.startMoments(count, of: backfill, schedule, pinned: pinned, now: now())
                Failpoint.reach(.fireStored)
                fired()
            }
        }
    }

    /// Runs a moment because a person requested it.
    package func fireByHand(_ schedule: StoredSchedule, at time: Date) async throws -> StoredEvent {
        // What was found out for earlier fires may not hold any more.
        await champions.forget()
        let pinned: PinnedVersion?
        do {
            pinned = try await champions.champion(for: schedule)
        } catch {
            if error is DaemonError { raise(error, schedule) }
            throw error
        }
        troubles.clear(.schedules, of: names[schedule.project], part: schedule.pipeline)
        let event = try await store.fireByHand(schedule, at: time, pinned: pinned, now: now())
        Failpoint.reach(.fireStored)
        fired()
        return event
    }
}

extension FireDecision {
    /// What it decided, for the log.
    fileprivate var sentence: String {
        moments.map { moment in
            let time = moment.logicalTime.formatted(.iso8601)
            let before = moment.missed > 0 ? ", after \(moment.missed) missed" : ""
            if let reason = moment.skipped { return "\(time) is skipped\(before): \(reason)" }
            return schedule.rule.dependencies.isEmpty ? "fires for \(time)\(before)" : "due for \(time)\(before)"
        }.joined(separator: "; ")
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
