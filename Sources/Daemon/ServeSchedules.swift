import Firing
import Foundation
import Home
import Projects
import Promoting
import Reading
import Registry
import Running
import Runs
import Schedules
import Store

/// Requests of people about schedules.
extension Daemon {
    func fire(_ name: String, project: String?, at time: Date) async throws -> [Int64] {
        let schedule = try await schedule(name, ofProject: project)
        let event = try await clockwork.fireByHand(schedule, at: time)
        await engine.planned([event])
        return try await store.runs(ofEvent: event.id).map(\.id)
    }

    func pause(_ name: String, project: String?, by who: String, because reason: String) async throws -> String {
        let schedule = try await schedule(name, ofProject: project)
        if let pause = schedule.pause {
            return "\(schedule.pipeline) is paused already, by \(pause.who): \(pause.reason)"
        }
        try await store.pause(schedule, by: who, because: reason, at: Date())
        bells.schedules.schedulesChanged()
        return "\(schedule.pipeline) is paused: it does not fire until `espalier schedules resume \(schedule.pipeline)`"
    }

    /// - Parameter catchesUp: whether the misfire policy decides about missed moments. Otherwise they are skipped.
    func resume(_ name: String, project: String?, by who: String, catchesUp: Bool) async throws -> String {
        let schedule = try await schedule(name, ofProject: project)
        guard let pause = schedule.pause else {
            throw DaemonError.refused("\(schedule.pipeline) is not paused")
        }
        let now = Date()
        let missed = catchesUp ? nil : schedule.missed(until: now, because: .paused(by: pause.who))
        try await store.resume(schedule, by: who, skipping: missed, at: now)
        bells.schedules.schedulesChanged()
        let next = schedule.rule.due(after: now, now: now).next.map { $0.formatted(.iso8601) } ?? "never again"
        let skipped = missed.map { "\($0.missed + 1) moments that passed meanwhile are not made up" }
        return "\(schedule.pipeline) fires again, next: \(next)" + (skipped.map { "; \($0)" } ?? "")
    }

    /// Stores a backfill. Its moments start as its limits allow.
    ///
    /// - Returns: its number.
    func backfill(_ wish: Command.Backfill) async throws -> Int64 {
        let schedule = try await schedule(wish.schedule, ofProject: wish.project)
        let moments = schedule.rule.moments(from: wish.from, through: wish.through)
        guard !moments.isEmpty else {
            throw DaemonError.refused(
                "\(schedule.pipeline) (\(schedule.rule.cron) \(schedule.rule.timezone)) is never due from "
                    + "\(wish.from.formatted(.iso8601)) through \(wish.through.formatted(.iso8601))"
            )
        }
        guard moments.count <= largestBackfill else {
            throw DaemonError.refused("more than \(largestBackfill) moments are due: choose a shorter range")
        }
        guard moments.allSatisfy({ $0 <= Date() }) else {
            throw DaemonError.refused("a backfill is about the past: end it before \(Date().formatted(.iso8601))")
        }
        if let version = wish.version { try await requireVersion(version, for: schedule) }
        let id = try await store.backfill(
            schedule, moments: moments, version: wish.version,
            limits: BackfillLimits(parallel: wish.parallel, maxFailures: wish.maxFailures), by: wish.by, at: Date())
        bells.schedules.ring()
        return id
    }

    /// Without this check, a version that does not exist would fail once per moment.
    private func requireVersion(_ version: String, for schedule: StoredSchedule) async throws {
        let project = try await store.projects().first { $0.id == schedule.project }
        guard let project,
            let settings = try planner.files(at: schedule.commit, branch: schedule.branch, in: project).registry(
                of: schedule),
            let model = settings.model
        else {
            throw DaemonError.refused("environment '\(schedule.rule.environment)' has no registered model")
        }
        guard try await registries.registry(settings).version(version, of: model) != nil else {
            throw DaemonError.refused("\(model) has no version \(version): `espalier models` lists them")
        }
    }

    func cancel(backfill id: Int64, by who: String) async throws -> String {
        try await store.cancel(backfill: id, by: who, at: Date())
        for moment in try await store.moments(ofBackfill: id) where moment.state == "running" {
            if let run = moment.run { try? await engine.cancel(run) }
        }
        return "backfill \(id) is cancelled: what it has written stays"
    }

    /// Retries the failed moments and continues with the waiting ones.
    func retry(backfill id: Int64) async throws -> String {
        let backfill = try await store.backfill(id)
        guard backfill.cancelledAt == nil else {
            throw DaemonError.refused("backfill \(id) was cancelled: start a new one")
        }
        let failed = try await store.moments(ofBackfill: id).filter {
            !["waiting", "running", "passed"].contains($0.state)
        }
        guard !failed.isEmpty else { throw DaemonError.refused("nothing of backfill \(id) has failed") }
        for moment in failed {
            if let run = moment.run { try await engine.retry(run) }
        }
        bells.schedules.ring()
        return "\(failed.count) moments are tried again"
    }

    private func schedule(_ name: String, ofProject project: String?) async throws -> StoredSchedule {
        let project = try await store.project(named: project)
        return try await store.liveSchedule(name, project: project.id)
    }
}
