import Events
import Foundation
import Logging
import Projects
import Registry
import Schedules
import Store

/// Fires what is due: sleeps until the next moment of any live schedule, and looks again when something wakes it.
actor Clockwork {
    private let store: Store
    private let registries: Registries
    private let logger: Logger
    private let fired: @Sendable () -> Void
    private let planner: EventPlanner
    private let bell: Bell
    private var alarm: Alarm
    private var projects: [Int64: StoredProject] = [:]

    init(
        store: Store, home: Home, registries: Registries, logger: Logger, bell: Bell,
        fired: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.registries = registries
        self.logger = logger
        self.fired = fired
        planner = EventPlanner(store: store, home: home)
        self.bell = bell
        alarm = Alarm(bell)
    }

    /// The live schedules may have changed.
    nonisolated func ring() { bell.ring() }

    nonisolated func stop() { bell.stop() }

    func add(_ project: StoredProject) {
        projects[project.id] = project
        ring()
    }

    func run() async {
        ring()
        for await _ in bell.rings { wake(at: await fireDue()) }
        alarm.cancel()
    }

    private func wake(at next: Date?) {
        // At least once a minute: the clock may be set, and a suspended machine does not notice time passing.
        alarm.set(in: min(60, next?.timeIntervalSinceNow ?? 60))
    }

    /// Fire what is due now; when to look again.
    private func fireDue() async -> Date? {
        var next: Date?
        do {
            let now = Date()
            for schedule in try await store.liveSchedules() {
                let due = try await due(schedule, now: now)
                for time in due.fires {
                    if try await fire(schedule, at: time, repeating: false) != nil {
                        logger.info("schedule \(schedule.pipeline) fires for \(time.formatted(.iso8601))")
                    }
                }
                next = [next, due.next].compactMap { $0 }.min()
            }
        } catch {
            logger.error("schedules could not fire, and will be tried again: \(error)")
            return Date().addingTimeInterval(5)
        }
        return next
    }

    private func due(_ schedule: StoredSchedule, now: Date) async throws -> Due {
        // A moment in the future that somebody fired by hand must not silence the clock until then.
        let last = try await store.fires(of: schedule.pipeline, project: schedule.project)
            .map(\.logicalTime).first { $0 <= now }
        let running =
            schedule.rule.overlap == .skip
            ? try await store.isRunning(pipeline: schedule.pipeline, project: schedule.project) : false
        return schedule.rule.due(after: max(schedule.dueSince, last ?? .distantPast), now: now, running: running)
    }

    /// Store one fire with its pins, and wake the engine.
    ///
    /// - Returns: `nil` when it was stored before and is not to be repeated.
    @discardableResult
    func fire(_ schedule: StoredSchedule, at time: Date, repeating: Bool) async throws -> StoredEvent? {
        let pinned = try await champion(for: schedule)
        let event = try await store.fire(schedule, at: time, pinned: pinned, repeating: repeating, now: Date())
        Failpoint.reach(.fireStored)
        if event != nil { fired() }
        return event
    }

    /// The model version that stands for the schedule's environment now.
    private func champion(for schedule: StoredSchedule) async throws -> PinnedVersion? {
        guard let project = projects[schedule.project],
            let settings = try planner.registrySettings(of: schedule, in: project), let model = settings.model,
            let alias = settings.incumbent
        else { return nil }
        let version = try await registries.registry(settings).version(ofAlias: alias, model: model)
        return version.map { PinnedVersion(model: model, version: $0) }
    }
}
