import Foundation
import Reports

extension Page {
    /// Runs, newest first, 50 to a page unless `?limit=` says otherwise.
    static let runs = Page(
        path: "/runs", place: .entry("Runs"),
        template: """
            <div class="title"><h1>Runs</h1>
            {{#isFiltered}}<p class="now">{{#.environment}}in {{.}}{{/.environment}} {{#.branch}}of <span class="branch">{{.}}</span>{{/.branch}}, <a href="/runs">show all</a></p>{{/isFiltered}}</div>
            {{#isEmpty}}<p class="none">There are none.</p>{{/isEmpty}}
            {{^isEmpty}}
            <div id="runs" data-live="5">
            <table class="cards">
            <thead><tr><th>Run</th><th>Environment</th><th>Branch</th><th>Commit</th><th>Outcome</th><th>Started</th><th class="number">Took</th></tr></thead>
            <tbody>
            {{#items}}<tr><td data-label="Run"><a href="/runs/{{id}}">#{{id}}</a> <span class="dim">{{pipeline}}</span></td>
            <td data-label="Environment">{{.environment}}</td>
            <td data-label="Branch" class="branch"><a href="{{branchHref}}">{{.branch}}</a></td>
            <td data-label="Commit">{{#commit}}{{> hash}}{{/commit}}</td>
            <td data-label="Outcome">{{#outcome}}{{> state}}{{/outcome}}</td>
            <td data-label="Started">{{#at}}{{> when}}{{/at}}</td>
            <td data-label="Took" class="number">{{.took}}</td></tr>{{/items}}
            </tbody>
            </table>
            </div>
            {{/isEmpty}}
            {{#.olderHref}}<p><a href="{{.}}">Older runs</a></p>{{/.olderHref}}
            """
    ) { request in
        let query = try RunQuery(request.http)
        return Content("Runs", RunsContent(try await request.answers.runs(query), query: query, now: request.now))
    }
}

/// What the template of runs shows.
struct RunsContent {
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
