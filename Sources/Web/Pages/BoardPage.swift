import Foundation
import Reports

/// What the board's template shows: what stands where.
struct BoardPage {
    /// An environment, and what was last run in it.
    struct Group {
        let environment: String
        let environmentHref: String
        let rows: [Row]
    }

    struct Row {
        let run: RunView
        let commit: HashMark
        /// `hrob-risk 3 (champion)`
        let model: String?
        /// The project before the branch, when there are several.
        let prefix: String?
    }

    let groups: [Group]
    /// What to do when nothing has been pushed yet.
    let firstSteps: FirstSteps?
    let running: Int
    let queued: Int
    /// Those that still want something: a verdict, or their author.
    let changes: [ChangeView]
    let decisions: [DecisionView]
    let schedules: [ScheduleView]
    let hasSchedules: Bool
    /// Pushes that no run came of, with the reason.
    let remarks: [String]
    let hasRemarks: Bool

    init(_ board: BoardReport, status: StatusReport, now: Date) {
        let hasManyProjects = Set(board.rows.map(\.run.project)).count > 1
        groups = Dictionary(grouping: board.rows, by: \.environment)
            .sorted { Self.place($0.key) < Self.place($1.key) }
            .map { environment, rows in
                Group(
                    environment: environment, environmentHref: "/runs?environment=\(encoded(environment))",
                    rows: rows.sorted(by: Self.isShownBefore).map { row in
                        Row(
                            run: RunView(row.run, now: now), commit: HashMark(row.commit), model: row.model,
                            prefix: hasManyProjects ? row.run.project : nil)
                    })
            }
        firstSteps = board.rows.isEmpty ? FirstSteps(status) : nil
        running = status.running.count
        queued = status.queued.count
        changes = board.changes.filter { !["merged", "withdrawn"].contains($0.outcome) }.prefix(8).map(ChangeView.init)
        decisions = board.decisions.prefix(6).map { DecisionView($0, now: now) }
        schedules = board.schedules.map { ScheduleView($0, now: now) }
        hasSchedules = !schedules.isEmpty
        remarks = status.remarks
        hasRemarks = !remarks.isEmpty
    }

    /// What is nearest to patients first.
    private static func place(_ environment: String) -> (Int, String) {
        (["prod", "staging", "dev"].firstIndex(of: environment) ?? 3, environment)
    }

    /// Newest first; the same branch in one place.
    private static func isShownBefore(_ one: BoardReport.Row, _ other: BoardReport.Row) -> Bool {
        one.run.createdAt != other.run.createdAt ? one.run.createdAt > other.run.createdAt : one.run.id > other.run.id
    }
}

/// What an empty board advises.
struct FirstSteps {
    struct Project {
        let name: String
        let place: String
    }

    let projects: [Project]
    let hasNoProject: Bool

    init(_ status: StatusReport) {
        projects = status.projects.map { Project(name: $0.name, place: $0.url ?? $0.repository) }
        hasNoProject = projects.isEmpty
    }
}
