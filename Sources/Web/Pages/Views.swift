import Foundation
import Reports

/// A run as tables show it.
struct RunView {
    let id: Int64
    let project: String
    let environment: String
    let environmentHref: String
    let branch: String
    let branchHref: String
    let pipeline: String
    let commit: HashMark
    let outcome: StateMark
    let at: TimeMark
    let took: String?
    let isOver: Bool

    init(_ run: RunReport, now: Date) {
        id = run.id
        project = run.project
        environment = run.environment
        environmentHref = "/runs?environment=\(encoded(run.environment))"
        branch = run.branch
        branchHref = "/runs?branch=\(encoded(run.branch))"
        pipeline = run.pipeline
        commit = HashMark(run.commit)
        outcome = StateMark(run.outcome)
        at = TimeMark(run.startedAt ?? run.createdAt, now: now)
        isOver = run.isOver
        took =
            run.seconds.map(duration) ?? (run.isOver ? nil : run.startedAt.map { duration(now.timeIntervalSince($0)) })
    }
}

/// A change at the gate.
struct ChangeView {
    let id: Int64
    let project: String
    let target: String
    let topic: String
    let head: HashMark
    let author: String
    let title: String
    let outcome: StateMark
    let reason: String?
    let runs: [Int64]
    /// Place in the queue of its target, from 1.
    let place: Int?
    /// The page of the pull request that it stands for.
    let url: String?
    let approvedBy: String?

    /// The queues first, in their order, then the others, newest first.
    static func list(_ changes: [ChangeReport]) -> [ChangeView] {
        changes.sorted { left, right in
            switch (left.position, right.position) {
            case (let mine?, let other?):
                (left.project, left.target, mine) < (right.project, right.target, other)
            case (.some, nil): true
            case (nil, .some): false
            case (nil, nil): left.id > right.id
            }
        }.map(ChangeView.init)
    }

    init(_ change: ChangeReport) {
        id = change.id
        project = change.project
        target = change.target
        topic = change.topic
        head = HashMark(change.head)
        author = change.author
        title = change.title
        outcome = StateMark(change.outcome)
        reason = change.reason.isEmpty ? nil : change.reason
        runs = change.runs
        place = change.position
        url = change.url.flatMap { $0.hasPrefix("https://") || $0.hasPrefix("http://") ? $0 : nil }
        approvedBy = change.approvedBy.isEmpty ? nil : change.approvedBy.joined(separator: ", ")
    }
}

/// A verdict of the ledger.
struct DecisionView {
    let id: Int64
    let run: Int64
    let environment: String
    let commit: HashMark
    let configuration: HashMark
    let datasets: [Pair]
    let model: String
    let challenger: String
    let champion: String?
    let verdict: StateMark
    let firstReason: String?
    let reasons: [String]
    let findings: [FindingView]
    let hasFindings: Bool
    let rows: Int
    let evidence: HashMark?
    let decidedAt: TimeMark
    let appliedAt: TimeMark?
    /// Promoted, and the alias has not been read back yet.
    let isUnconfirmed: Bool
    let voided: String?
    let approvals: String?
    let hash: HashMark

    init(_ decision: DecisionReport, now: Date) {
        id = decision.id
        run = decision.run
        environment = decision.environment
        commit = HashMark(decision.commit)
        configuration = HashMark(decision.configurationDigest)
        datasets = Pair.sorted(decision.datasets)
        model = decision.model
        challenger = decision.challenger
        champion = decision.champion
        verdict = StateMark(decision.verdict)
        firstReason = decision.reasons.first
        reasons = decision.reasons
        findings = FindingView.all(decision.findings)
        hasFindings = !decision.findings.isEmpty
        rows = decision.rows
        evidence = decision.evidenceSha256.map(HashMark.init)
        decidedAt = TimeMark(decision.decidedAt, now: now)
        appliedAt = decision.appliedAt.map { TimeMark($0, now: now) }
        isUnconfirmed = decision.verdict == "promoted" && decision.appliedAt == nil && decision.voided == nil
        voided = decision.voided
        approvals =
            decision.approvalsNeeded == 0
            ? nil
            : "\(decision.approvedBy.count) of \(decision.approvalsNeeded)"
                + (decision.approvedBy.isEmpty ? "" : ", by \(decision.approvedBy.joined(separator: ", "))")
        hash = HashMark(decision.hash)
    }
}

/// A live schedule.
struct ScheduleView {
    /// A fire that was stored.
    struct Fire {
        let logicalTime: TimeMark
        let state: StateMark
        let pinned: String?
        let run: Int64?
        /// Why it waits or was skipped; what it stands for.
        let remark: String?

        init(_ fire: FireReport, now: Date) {
            logicalTime = TimeMark(fire.logicalTime, now: now)
            state = StateMark(fire.outcome ?? fire.state)
            pinned = fire.model.map { model in "\(model) \(fire.version ?? "")" }
            run = fire.run
            let before = fire.missed > 0 ? "stands for \(fire.missed) missed before it" : nil
            let parts = [fire.reason, before].compactMap(\.self)
            remark = parts.isEmpty ? nil : parts.joined(separator: "; ")
        }
    }

    let name: String
    let project: String
    let environment: String
    let cron: String
    let timezone: String
    let policies: String
    let paused: String?
    let commit: HashMark
    let run: Int64
    let liveSince: TimeMark
    let next: TimeMark?
    let lastFire: Fire?
    let fires: [Fire]

    init(_ schedule: ScheduleReport, now: Date) {
        name = schedule.name
        project = schedule.project
        environment = schedule.environment
        cron = schedule.cron
        timezone = schedule.timezone
        policies = schedule.policies.joined(separator: ", ")
        paused = schedule.paused.map { "paused by \($0.who): \($0.reason)" }
        commit = HashMark(schedule.commit)
        run = schedule.run
        liveSince = TimeMark(schedule.liveSince, now: now)
        next = schedule.next.map { TimeMark($0, now: now) }
        fires = schedule.fires.sorted { $0.logicalTime > $1.logicalTime }.map { Fire($0, now: now) }
        lastFire = fires.first
    }
}

/// A range of moments that are run again.
struct BackfillView {
    let id: Int64
    let schedule: String
    let from: TimeMark
    let through: TimeMark
    let version: String?
    let state: StateMark
    let progress: String
    let who: String

    init(_ backfill: BackfillReport, now: Date) {
        id = backfill.id
        schedule = backfill.schedule
        from = TimeMark(backfill.from, now: now)
        through = TimeMark(backfill.through, now: now)
        version = backfill.version
        state = StateMark(backfill.state)
        progress =
            "\(backfill.passed) of \(backfill.total)" + (backfill.failed > 0 ? ", \(backfill.failed) failed" : "")
        who = backfill.who
    }
}

/// A version of a model.
struct ModelView {
    let name: String
    let version: String
    let aliases: [String]
    let stage: String?
    let remark: String?
    let tags: [Pair]
    /// The lineage, where tags tell it.
    let run: Int64?
    let commit: HashMark?
    let environment: String?

    init(_ model: ModelReport) {
        name = model.name
        version = model.version
        aliases = model.aliases
        remark = model.remark
        stage = model.stage.isEmpty || model.stage == "None" ? nil : model.stage
        tags = Pair.sorted(model.tags)
        run = model.tags["espalier.run"].flatMap { Int64($0) }
        commit = model.tags["espalier.commit"].map(HashMark.init)
        environment = model.tags["espalier.environment"]
    }
}

/// A key and its value.
struct Pair {
    let key: String
    let value: String

    static func sorted(_ values: [String: String]) -> [Pair] {
        values.sorted { $0.key < $1.key }.map { Pair(key: $0.key, value: $0.value) }
    }
}
