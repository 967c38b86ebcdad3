import Foundation
import Reports
import Web

/// Answers that a test specifies.
struct FixedAnswers: Answers {
    struct Broken: Error { let secret = "password=hunter2" }

    var board = BoardReport(rows: [], changes: [], schedules: [], decisions: [])
    var projects: [StatusReport.Project] = []
    var troubles: [TroubleReport] = []
    var details: [RunDetail] = []
    /// By step.
    var logs: [String: [UInt8]] = [:]
    var logIsOver = true
    var isBroken = false

    func status() async throws -> StatusReport {
        let runs = details.map(\.run)
        return StatusReport(
            address: "http://127.0.0.1:1/", home: "/h", projects: projects,
            running: runs.filter { $0.outcome == "running" },
            queued: [], remarks: ["wip/x: no environment names it"], troubles: troubles)
    }
    func board() async throws -> BoardReport {
        if isBroken { throw Broken() }
        return board
    }
    func runs(branch: String?, environment: String?, before: Int64?, limit: Int) async throws -> [RunReport] {
        Array(
            details.map(\.run).filter {
                (branch == nil || $0.branch == branch) && (environment == nil || $0.environment == environment)
                    && $0.id < before ?? .max
            }.prefix(limit))
    }
    func run(_ id: Int64) async throws -> RunDetail? { details.first { $0.run.id == id } }
    func log(run: Int64, step: String, from offset: Int64, limit: Int) async throws -> LogPart? {
        guard details.contains(where: { $0.run.id == run }), let bytes = logs[step] else { return nil }
        let part = Array(bytes.dropFirst(Int(min(offset, 1 << 40))).prefix(limit))
        let next = offset + Int64(part.count)
        return LogPart(bytes: part, nextOffset: next, isOver: logIsOver && next >= bytes.count)
    }
    func changes() async throws -> [ChangeReport] { board.changes }
    func change(_ number: Int64) async throws -> ChangeDetail? {
        board.changes.first { $0.id == number }.map {
            ChangeDetail(
                change: $0, history: [.init(at: Sample.now - 60, sentence: "proposed with 0123456789")],
                infrastructure: [Sample.infrastructure])
        }
    }
    func models() async throws -> [ModelReport] {
        [
            ModelReport(
                name: "risk", version: "3", aliases: ["champion"], stage: "None",
                tags: ["espalier.run": "7", "espalier.commit": Sample.commit])
        ]
    }
    func decisions() async throws -> [DecisionReport] { board.decisions }
    func schedules() async throws -> [ScheduleReport] { board.schedules }
    func backfills() async throws -> [BackfillReport] { board.schedules.isEmpty ? [] : [Sample.backfill] }
}

/// Reports to show.
enum Sample {
    static let commit = "0123456789abcdef0123456789abcdef01234567"
    static let now = Date(timeIntervalSince1970: 1_795_431_600)

    static func run(_ id: Int64, environment: String = "dev", branch: String = "feature/x", outcome: String = "passed")
        -> RunReport
    {
        RunReport(
            id: id, project: "hrob", environment: environment, branch: branch, pipeline: "feature", commit: commit,
            outcome: outcome, createdAt: now - 400, startedAt: now - 300, endedAt: outcome == "running" ? nil : now - 60
        )
    }

    static func step(_ name: String, _ state: String = "passed", needs: [String] = [], detail: String = "")
        -> StepReport
    {
        StepReport(
            name: name, state: state, detail: detail, needs: needs, attempts: 1,
            startedAt: state == "pending" ? nil : now - 300, endedAt: state == "pending" ? nil : now - 200, values: [:])
    }

    static func detail(_ run: RunReport, steps: [StepReport] = [step("train")]) -> RunDetail {
        RunDetail(
            run: run, tree: commit, trigger: "push", logicalTime: nil, model: "models:/risk/3",
            configuration: #"{"data_dir":"data"}"#, configurationDigest: commit, datasets: ["births": "sha256:1"],
            notes: ["a <b>note</b>"], steps: steps)
    }

    static func row(_ run: RunReport, model: String? = nil) -> BoardReport.Row {
        BoardReport.Row(environment: run.environment, branch: run.branch, commit: run.commit, run: run, model: model)
    }

    static let change = ChangeReport(
        id: 7, project: "hrob", target: "main", topic: "t", head: commit, author: "anna",
        title: "Add <slices>", outcome: "conflicted", reason: "conflicts in features.yml", runs: [3])

    static let infrastructure = InfrastructureReport(
        run: 3, step: "plan", environment: "prod", place: "jobs", summary: "1 to add, 0 to change, 0 to destroy",
        text: "# a.<b> will be created")

    static let decision = DecisionReport(
        id: 2, run: 9, environment: "prod", commit: commit, configurationDigest: commit,
        datasets: ["births": "sha256:1"], model: "risk", challenger: "3", champion: "2", verdict: "not_promoted",
        reasons: ["Not promoted: 1 of 2 rules failed.", "roc_auc too low"], rows: 400, evidenceSha256: commit,
        decidedAt: now - 60, appliedAt: nil, hash: commit)

    static let schedule = ScheduleReport(
        name: "inference", project: "hrob", environment: "prod", cron: "0 0 11 * * ?",
        timezone: "UTC", policies: ["misfire run-once"], commit: commit, run: 9, liveSince: now - 600,
        next: now + 7_200, paused: nil,
        fires: [
            FireReport(
                id: 1, logicalTime: now - 3_600, storedAt: now - 3_600, state: "fired", model: "risk", version: "2",
                run: 8, outcome: "passed")
        ])

    static let backfill = BackfillReport(
        id: 4, project: "hrob", schedule: "inference", from: now - 86_400, through: now - 3_600, version: "2",
        state: "halted", total: 5, passed: 2, failed: 3, running: 0, parallel: 1, maxFailures: 3, who: "ann",
        askedAt: now - 60)
}
