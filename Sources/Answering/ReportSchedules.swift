import Cron
import Events
import Foundation
import Projects
import Promoting
import Reports
import Runs
import Schedules
import Store

extension Reporter {
    /// Live schedules by name. With `soonest`, only that many, those that fire next.
    ///
    /// - Parameter fires: how many of each schedule's latest fires to include.
    public func schedules(soonest: Int? = nil, fires: Int = 20) async throws -> [ScheduleReport] {
        let names = try await projectNames()
        let now = Date()
        let all = try await store.liveSchedules().values
        var live = all.map { (schedule: $0, next: $0.next(now: now)) }
        if let soonest, live.count > soonest {
            live = Array(live.sorted { ($0.next ?? .distantFuture) < ($1.next ?? .distantFuture) }.prefix(soonest))
        }
        var reports: [ScheduleReport] = []
        for (schedule, next) in live {
            var told: [FireReport] = []
            for fire in try await store.fires(of: schedule.pipeline, project: schedule.project, limit: fires) {
                told.append(try await report(fire, of: schedule, among: all))
            }
            reports.append(
                ScheduleReport(
                    name: schedule.pipeline, project: names[schedule.project] ?? "",
                    environment: schedule.rule.environment, cron: schedule.rule.cron.text,
                    timezone: schedule.rule.timezone, policies: schedule.rule.policies,
                    commit: schedule.commit.description, run: schedule.run, liveSince: schedule.liveSince, next: next,
                    paused: schedule.pause.map { .init(who: $0.who, reason: $0.reason, since: $0.since) },
                    fires: told))
        }
        return reports
    }

    private func report(_ fire: StoredFire, of schedule: StoredSchedule?, among live: [StoredSchedule]) async throws
        -> FireReport
    {
        let run = try await store.lastRun(of: fire)
        var reason: String?
        switch fire.state {
        case .fired: break
        case .skipped(let why): reason = why.description
        case .waiting:
            guard let schedule else { break }
            switch try await store.readiness(of: fire, schedule, among: live) {
            case .waits(let why): reason = why
            case .never(let why): reason = why.description
            case .ready: reason = "starts now"
            }
        }
        return FireReport(
            id: fire.id, logicalTime: fire.logicalTime, storedAt: fire.storedAt, state: fire.state.word, reason: reason,
            missed: fire.missed, model: fire.pinned?.model, version: fire.pinned?.version, run: run?.id,
            outcome: run.map { $0.outcome?.rawValue ?? "running" })
    }

    /// One fire with everything that it used; `nil` if there is none for that moment.
    ///
    /// - Parameter project: can be absent if there is only one.
    public func fire(of pipeline: String, at time: Date, project name: String?) async throws -> FireDetail? {
        let project = try await store.project(named: name)
        guard let fire = try await store.fire(of: pipeline, at: time, project: project.id) else { return nil }
        let live = try await store.liveSchedules(of: project.id).values
        let schedule = live.first { $0.pipeline == pipeline }
        var runs: [RunReport] = []
        var last: RunDetail?
        for id in try await store.runs(ofFire: fire.id) {
            guard let detail = try await run(id) else { continue }
            runs.append(detail.run)
            last = detail
        }
        return FireDetail(
            schedule: pipeline, fire: try await report(fire, of: schedule, among: live),
            lateness: fire.storedAt.timeIntervalSince(time), cron: schedule?.rule.cron.text,
            commit: last?.run.commit ?? schedule?.commit.description, configurationDigest: last?.configurationDigest,
            datasets: last?.datasets ?? [:], runs: runs)
    }

    /// What a push's plan would change in the live schedules of its environment after its run passed.
    ///
    /// - Parameters:
    ///   - places: the paths and URLs of the commit's repository and its remotes. They identify the adopted project.
    ///   - planned: the commit's schedules for that environment.
    public func scheduleChanges(environment: String, places: [String], planned: [String: ScheduleRule])
        async throws -> [ScheduleChangeReport]
    {
        let project = try await store.projects().first { project in
            places.contains(project.repository) || places.contains { $0 == project.url }
        }
        var live: [StoredSchedule] = []
        if let project { live = try await store.liveSchedules(of: project.id).values }
        let rules = Dictionary(
            uniqueKeysWithValues: live.filter { $0.rule.environment == environment }.map { ($0.pipeline, $0.rule) })
        return differences(from: rules, to: planned, now: Date()).map(ScheduleChangeReport.init)
    }

    public func backfills() async throws -> [BackfillReport] {
        let names = try await projectNames()
        return try await store.backfills().map { BackfillReport($0, names) }
    }

    /// One backfill with its moments.
    public func backfill(_ id: Int64) async throws -> BackfillReport {
        var report = BackfillReport(try await store.backfill(id), try await projectNames())
        report.moments = try await store.moments(ofBackfill: id).map {
            .init(logicalTime: $0.logicalTime, state: $0.state, run: $0.run)
        }
        return report
    }
}

extension ScheduleChangeReport {
    public init(_ difference: ScheduleDifference) {
        self.init(
            name: difference.name, kind: difference.kind.rawValue, changes: difference.changes,
            nextBefore: difference.nextBefore, nextAfter: difference.nextAfter)
    }
}

extension BackfillReport {
    fileprivate init(_ backfill: StoredBackfill, _ names: [Int64: String]) {
        let progress = backfill.progress
        self.init(
            id: backfill.id, project: names[backfill.project] ?? "", schedule: backfill.pipeline, from: backfill.from,
            through: backfill.through, version: backfill.version, state: backfill.word, total: progress.total,
            passed: progress.passed, failed: progress.failed, running: progress.running,
            parallel: backfill.limits.parallel, maxFailures: backfill.limits.maxFailures, who: backfill.who,
            askedAt: backfill.askedAt)
    }
}

extension ScheduleRule {
    /// Its settings, shown beside its moments.
    fileprivate var policies: [String] {
        [
            "misfire \(misfire.rawValue)", "overlap \(overlap.rawValue)", "dst \(dst.rawValue)",
            after.flatMap { $0.isEmpty ? nil : "after \($0.joined(separator: ", "))" },
            jitter.map { "jitter \($0) s" }, start.map { "from \($0.formatted(.iso8601))" },
            end.map { "until \($0.formatted(.iso8601))" }, catchUp.map { "catch_up \($0)" },
        ].compactMap(\.self)
    }
}
