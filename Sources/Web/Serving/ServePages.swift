import Foundation
import Hummingbird
import Reports

/// The pages for people.
struct ServePages: Sendable {
    let answers: any Answers
    let pages: PageRenderer
    let now: @Sendable () -> Date
    /// How much of a log's end a run's page shows, in bytes.
    private static let shownLog = 192 << 10

    func add(to router: Router<BasicRequestContext>) {
        router.get("/") { _, _ in try await board() }
        router.get("runs") { request, _ in try await runs(RunQuery(request)) }
        router.get("runs/:id") { request, context in
            try await run(context.runID(), step: request.text("step"), withLog: request.text("log") != "none")
        }
        router.get("changes") { _, _ in
            page("Changes", "/changes", ListPage(ChangeView.list(try await answers.changes())), .changes)
        }
        router.get("changes/:id") { _, context in
            let number = try context.changeNumber()
            guard let detail = try await answers.change(number) else { throw HTTPError.noChange(number) }
            return page("Change \(number)", "/changes", ChangePage(detail, now: now()), .change)
        }
        router.get("models") { _, _ in
            page("Models", "/models", ListPage(try await answers.models().map(ModelView.init)), .models)
        }
        router.get("decisions") { _, _ in
            let newestFirst = try await answers.decisions().sorted { $0.id > $1.id }
            return page(
                "Decisions", "/decisions", ListPage(newestFirst.map { DecisionView($0, now: now()) }), .decisions)
        }
        router.get("schedules") { _, _ in
            let now = now()
            let content = SchedulesPage(
                schedules: try await answers.schedules().map { ScheduleView($0, now: now) },
                backfills: try await answers.backfills().map { BackfillView($0, now: now) })
            return page("Schedules", "/schedules", content, .schedules)
        }
    }

    private func page(_ title: String, _ section: String, _ value: Any, _ name: PageRenderer.Name) -> Response {
        Response(.page, pages.page(.init(title: title, section: section, content: pages.render(value, name))))
    }

    private func board() async throws -> Response {
        let value = BoardPage(try await answers.board(), status: try await answers.status(), now: now())
        return page("Board", "/", value, .board)
    }

    private func runs(_ query: RunQuery) async throws -> Response {
        let value = RunsPage(try await answers.runs(query), query: query, now: now())
        return page("Runs", "/runs", value, .runs)
    }

    /// - Parameter withLog: whether to read the log: a page that is refreshed follows it by other means.
    private func run(_ id: Int64, step asked: String?, withLog: Bool) async throws -> Response {
        guard let detail = try await answers.run(id) else { throw HTTPError.noRun(id) }
        if let asked, !detail.steps.contains(where: { $0.name == asked }) { throw HTTPError.noLog(id, asked) }
        let selected = asked ?? RunPage.stepToShow(detail.steps)
        let log = try await log(of: selected, run: id, isWanted: withLog)
        return page("Run \(id)", "/runs", RunPage(detail, selected: selected, log: log, now: now()), .run)
    }

    private func log(of step: String?, run: Int64, isWanted: Bool) async throws -> RunPage.Log? {
        guard let step else { return nil }
        guard isWanted else {
            return RunPage.Log(LogPart(bytes: [], nextOffset: 0, isOver: true), isCut: false, run: run, step: step)
        }
        return try await answers.logEnd(run: run, step: step, size: Self.shownLog)
            .map { RunPage.Log($0.part, isCut: $0.isCut, run: run, step: step) }
    }
}

/// A page that is one table.
struct ListPage<Item> {
    let items: [Item]
    let isEmpty: Bool

    init(_ items: [Item]) {
        self.items = items
        isEmpty = items.isEmpty
    }
}

/// A change: where it stands, how it got there, and what it would do.
struct ChangePage {
    struct Moment {
        let at: TimeMark
        let sentence: String
    }

    let change: ChangeView
    let history: [Moment]
    let infrastructure: [InfrastructureReport]
    let isOver: Bool

    init(_ detail: ChangeDetail, now: Date) {
        change = ChangeView(detail.change)
        history = detail.history.map { Moment(at: TimeMark($0.at, now: now), sentence: $0.sentence) }
        infrastructure = detail.infrastructure
        isOver = ["merged", "withdrawn"].contains(detail.change.outcome)
    }
}

/// Live schedules, and what is run again of their past.
struct SchedulesPage {
    let schedules: [ScheduleView]
    let hasSchedules: Bool
    let backfills: [BackfillView]
    let hasBackfills: Bool

    init(schedules: [ScheduleView], backfills: [BackfillView]) {
        self.schedules = schedules
        hasSchedules = !schedules.isEmpty
        self.backfills = backfills
        hasBackfills = !backfills.isEmpty
    }
}

/// Runs, newest first, fifty at a time.
struct RunsPage {
    let items: [RunView]
    let isEmpty: Bool
    let branch: String?
    let environment: String?
    let isFiltered: Bool
    let olderHref: String?

    init(_ runs: [RunReport], query: RunQuery, now: Date) {
        items = runs.map { RunView($0, now: now) }
        isEmpty = runs.isEmpty
        branch = query.branch
        environment = query.environment
        isFiltered = query.branch != nil || query.environment != nil
        let filters = [("branch", query.branch), ("environment", query.environment)]
            .compactMap { name, value in value.map { "&\(name)=\(encoded($0))" } }.joined()
        olderHref =
            runs.count < query.limit ? nil : runs.last.map { "/runs?before=\($0.id)&limit=\(query.limit)\(filters)" }
    }
}
