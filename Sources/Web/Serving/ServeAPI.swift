import Hummingbird
import Reports

/// `/api`: the same reports that the command line prints with `--json`.
struct ServeAPI: Sendable {
    let answers: any Answers

    func add(to api: RouterGroup<BasicRequestContext>) {
        api.get("status") { _, _ in try Response(json: try await answers.status()) }
        api.get("board") { _, _ in try Response(json: try await answers.board()) }
        api.get("changes") { _, _ in try Response(json: try await answers.changes()) }
        api.get("changes/:id") { _, context in
            let number = try context.changeNumber()
            guard let detail = try await answers.change(number) else { throw HTTPError.noChange(number) }
            return try Response(json: detail)
        }
        api.get("models") { _, _ in try Response(json: try await answers.models()) }
        api.get("decisions") { _, _ in try Response(json: try await answers.decisions()) }
        api.get("schedules") { _, _ in try Response(json: try await answers.schedules()) }
        api.get("backfills") { _, _ in try Response(json: try await answers.backfills()) }
        api.get("runs") { request, _ in try Response(json: try await answers.runs(RunQuery(request))) }
        api.get("runs/:id") { _, context in
            let id = try context.runID()
            guard let detail = try await answers.run(id) else { throw HTTPError.noRun(id) }
            return try Response(json: detail)
        }
    }
}

/// The query of lists of runs: `?branch=&environment=&before=&limit=`.
struct RunQuery: Sendable {
    var branch: String?
    var environment: String?
    var before: Int64?
    var limit: Int

    init(_ request: Request) throws {
        branch = request.text("branch")
        environment = request.text("environment")
        before = try request.number("before", in: 1...Int64.max)
        limit = try request.number("limit", in: 1...500) ?? 50
    }
}

extension Answers {
    func runs(_ query: RunQuery) async throws -> [RunReport] {
        try await runs(branch: query.branch, environment: query.environment, before: query.before, limit: query.limit)
    }
}
