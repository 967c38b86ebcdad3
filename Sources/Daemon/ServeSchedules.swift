import Events
import Foundation
import Projects
import Registry
import Schedules
import Store

/// What persons ask of schedules, over the daemon's socket: one word of what, then its arguments, a line each. A dash
/// stands for what is not named.
extension Daemon {
    /// `[project, schedule, RFC 3339 time]`
    func fire(_ words: [String]) async throws -> String {
        guard words.count == 3, let time = try? Date(words[2], strategy: .iso8601) else { return unknownRequest }
        let schedule = try await schedule(words[1], ofProject: words[0])
        let event = try await clockwork.fireByHand(schedule, at: time)
        await engine.planned([event])
        let runs = try await store.runs(ofEvent: event.id)
        return runs.map { "run \($0.id)\n" }.joined()
    }

    /// `[project, schedule, name, reason]`
    func pause(_ words: [String]) async throws -> String {
        guard words.count == 4 else { return unknownRequest }
        let schedule = try await schedule(words[1], ofProject: words[0])
        if let pause = schedule.pause {
            return "\(schedule.pipeline) is paused already, by \(pause.who): \(pause.reason)\n"
        }
        try await store.pause(schedule, by: words[2], because: words[3], at: Date())
        clock.schedulesChanged()
        return
            "\(schedule.pipeline) is paused: it does not fire until `espalier schedules resume \(schedule.pipeline)`\n"
    }

    /// `[project, schedule, name, catch-up or -]`
    func resume(_ words: [String]) async throws -> String {
        guard words.count == 4 else { return unknownRequest }
        let schedule = try await schedule(words[1], ofProject: words[0])
        guard let pause = schedule.pause else {
            throw DaemonError.refused("\(schedule.pipeline) is not paused")
        }
        let now = Date()
        let missed = words[3] == "catch-up" ? nil : schedule.missed(until: now, because: .paused(by: pause.who))
        try await store.resume(schedule, by: words[2], skipping: missed, at: now)
        clock.schedulesChanged()
        let next = schedule.rule.due(after: now, now: now).next.map { $0.formatted(.iso8601) } ?? "never again"
        let skipped = missed.map { "\($0.missed + 1) moments that passed meanwhile are not made up" }
        return "\(schedule.pipeline) fires again, next: \(next)" + (skipped.map { "; \($0)" } ?? "") + "\n"
    }

    /// `[project, schedule, from, through, version, parallel, most failures, name]`
    func backfill(_ words: [String]) async throws -> String {
        guard words.count == 8, let from = try? Date(words[2], strategy: .iso8601),
            let through = try? Date(words[3], strategy: .iso8601), let parallel = Int(words[5]), parallel > 0,
            let failures = Int(words[6]), failures > 0
        else { return unknownRequest }
        let schedule = try await schedule(words[1], ofProject: words[0])
        let moments = schedule.rule.moments(from: from, through: through)
        guard !moments.isEmpty else {
            throw DaemonError.refused(
                "\(schedule.pipeline) (\(schedule.rule.cron) \(schedule.rule.timezone)) is never due from \(words[2]) through \(words[3])"
            )
        }
        guard moments.count <= largestBackfill else {
            throw DaemonError.refused("more than \(largestBackfill) moments are due: choose a shorter range")
        }
        guard moments.allSatisfy({ $0 <= Date() }) else {
            throw DaemonError.refused("a backfill is about the past: end it before \(Date().formatted(.iso8601))")
        }
        let version = words[4] == "-" ? nil : words[4]
        if let version { try await requireVersion(version, for: schedule) }
        let id = try await store.backfill(
            schedule, moments: moments, version: version,
            limits: BackfillLimits(parallel: parallel, maxFailures: failures), by: words[7], at: Date())
        clock.ring()
        return "backfill \(id)\n"
    }

    /// A version that is not there would fail once a moment.
    private func requireVersion(_ version: String, for schedule: StoredSchedule) async throws {
        let project = try await store.projects().first { $0.id == schedule.project }
        let planner = EventPlanner(store: store, home: options.home)
        guard let project,
            let settings = try planner.files(of: schedule, in: project).registry(of: schedule),
            let model = settings.model
        else {
            throw DaemonError.refused("environment '\(schedule.rule.environment)' has no registered model")
        }
        guard try await registries.registry(settings).version(version, of: model) != nil else {
            throw DaemonError.refused("\(model) has no version \(version): `espalier models` lists them")
        }
    }

    /// `[number, name]`
    func cancelBackfill(_ words: [String]) async throws -> String {
        guard words.count == 2, let id = Int64(words[0]) else { return unknownRequest }
        try await store.cancel(backfill: id, by: words[1], at: Date())
        for moment in try await store.moments(ofBackfill: id) where moment.state == "running" {
            if let run = moment.run { try? await engine.cancel(run) }
        }
        return "backfill \(id) is cancelled: what it has written stays\n"
    }

    /// `[number]`: try what failed once more, and go on with what waits.
    func retryBackfill(_ words: [String]) async throws -> String {
        guard words.count == 1, let id = Int64(words[0]) else { return unknownRequest }
        let backfill = try await store.backfill(id)
        guard backfill.cancelledAt == nil else { throw DaemonError.refused("backfill \(id) was cancelled: ask anew") }
        let failed = try await store.moments(ofBackfill: id).filter {
            !["waiting", "running", "passed"].contains($0.state)
        }
        guard !failed.isEmpty else { throw DaemonError.refused("nothing of backfill \(id) has failed") }
        for moment in failed {
            if let run = moment.run { try await engine.retry(run) }
        }
        clock.ring()
        return "\(failed.count) moments are tried again\n"
    }

    private func schedule(_ name: String, ofProject project: String) async throws -> StoredSchedule {
        let project = try await self.project(project)
        return try await store.liveSchedule(name, project: project.id)
    }
}

extension StoredSchedule {
    /// The latest moment that has come and was not decided, with how many were before it; `nil` when none has come.
    func missed(until now: Date, because reason: SkipReason) -> Moment? {
        guard let last = rule.lastMoment(through: now), last > decidedThrough else { return nil }
        let before = rule.moments(from: decidedThrough.addingTimeInterval(1), through: last.addingTimeInterval(-1))
        return Moment(last, skipped: reason, missed: before.count)
    }
}
