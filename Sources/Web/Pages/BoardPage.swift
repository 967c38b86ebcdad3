import Foundation
import Reports

extension Page {
    /// The board: the last run of each branch by environment, then open changes, recent decisions and schedules.
    static let board = Page(
        path: "/", place: .entry("Board"),
        template: """
            <div id="board" data-live="5">
            <div class="title"><h1>Board</h1><p class="now">{{running}} running, {{queued}} queued</p></div>
            {{#hasTroubles}}
            <section id="troubles">
            <h2>What needs somebody</h2>
            <ul class="list">
            {{#troubles}}
            <li><div><p><b>{{project}}</b> {{what}} {{#since}}<time datetime="{{iso}}" title="{{full}}"><small>{{relative}}</small></time>{{/since}}</p>
            <p class="reason">To do: {{remedy}}</p></div></li>
            {{/troubles}}
            </ul>
            </section>
            {{/hasTroubles}}
            {{#firstSteps}}
            <section class="empty">
            <h2>Nothing has been pushed yet</h2>
            {{#hasNoProject}}
            <p>No repository is adopted. Let Espalier watch one, then push to it:</p>
            <pre>espalier init my-project          <span class="dim"># a new project, or use your own repository</span>
            espalier adopt my-project         <span class="dim"># watch it</span>
            git -C my-project push</pre>
            {{/hasNoProject}}
            {{^hasNoProject}}
            <p>These repositories are watched. Push a branch that one of the project's <code>environments/*.yml</code> names:</p>
            <dl class="facts">{{#projects}}<div><dt>{{name}}</dt><dd><code>{{place}}</code></dd></div>{{/projects}}</dl>
            <pre>git push origin HEAD                    <span class="dim"># a branch: runs its environment's pipelines</span>
            git push origin HEAD:refs/for/main      <span class="dim"># a change: checked, then merged</span></pre>
            <p><code>espalier plan</code> says beforehand what a push will run, and why the rest will not.</p>
            {{/hasNoProject}}
            </section>
            {{/firstSteps}}
            {{^firstSteps}}
            <table class="cards board">
            <thead><tr><th>Branch</th><th>Commit</th><th>Run</th><th>Outcome</th><th>Model</th><th>Started</th><th class="number">Took</th></tr></thead>
            {{#groups}}
            <tbody>
            <tr class="group"><th colspan="7" scope="rowgroup"><a href="{{environmentHref}}">{{environment}}</a></th></tr>
            {{#rows}}
            <tr>
            <td data-label="Branch" class="branch">{{#.prefix}}<span class="dim">{{.}} /</span> {{/.prefix}}<a href="{{run.branchHref}}">{{run.branch}}</a></td>
            <td data-label="Commit">{{#commit}}{{> hash}}{{/commit}}</td>
            <td data-label="Run"><a href="/runs/{{run.id}}">#{{run.id}}</a> <span class="dim">{{run.pipeline}}</span></td>
            <td data-label="Outcome">{{#run.outcome}}{{> state}}{{/run.outcome}}</td>
            <td data-label="Model" class="model">{{#.model}}{{.}}{{/.model}}{{^.model}}<span class="dim">–</span>{{/.model}}</td>
            <td data-label="Started">{{#run.at}}{{> when}}{{/run.at}}</td>
            <td data-label="Took" class="number">{{run.took}}</td>
            </tr>
            {{/rows}}
            </tbody>
            {{/groups}}
            </table>
            {{/firstSteps}}
            <div class="columns">
            <section>
            <h2><a href="/changes">Changes</a></h2>
            {{^changes}}<p class="none">No change is open. Propose one with <code>git push origin HEAD:refs/for/main</code>.</p>{{/changes}}
            <ul class="list">
            {{#changes}}
            <li>{{#outcome}}{{> state}}{{/outcome}}<div><p><a href="/changes/{{id}}"><b>{{id}}</b></a> {{title}} <span class="dim">{{author}} → {{target}}</span></p>
            {{#.reason}}<p class="reason">{{.}}</p>{{/.reason}}
            {{#.runs}}<a href="/runs/{{.}}">#{{.}}</a> {{/.runs}}</div></li>
            {{/changes}}
            </ul>
            </section>
            <section>
            <h2><a href="/decisions">Decisions</a></h2>
            {{^decisions}}<p class="none">No model has been judged yet: a release pipeline with a <code>promote</code> step does.</p>{{/decisions}}
            <ul class="list">
            {{#decisions}}
            <li>{{#verdict}}{{> state}}{{/verdict}}<div><p><a href="/decisions#d{{id}}">{{model}} {{challenger}}</a>
            <span class="dim">{{#.champion}}against {{.}}{{/.champion}}{{^.champion}}no champion before{{/.champion}}, {{environment}}</span>
            {{#decidedAt}}<time datetime="{{iso}}" title="{{full}}"><small>{{relative}}</small></time>{{/decidedAt}}</p>
            {{#.firstReason}}<p class="reason">{{.}}</p>{{/.firstReason}}
            {{#isUnconfirmed}}<p class="reason">The registry's alias is not confirmed yet.</p>{{/isUnconfirmed}}</div></li>
            {{/decisions}}
            </ul>
            </section>
            </div>
            <section>
            <h2><a href="/schedules">Schedules</a></h2>
            {{^schedules}}<p class="none">No schedule is live: one goes live with the release run that passes.</p>{{/schedules}}
            {{#hasSchedules}}<table class="cards">
            <thead><tr><th>Schedule</th><th>Environment</th><th>Rule</th><th>Next</th><th>Last fire</th><th>Model</th><th>Commit</th></tr></thead>
            <tbody>
            {{#schedules}}
            <tr>
            <td data-label="Schedule"><a href="/schedules#{{name}}">{{name}}</a></td>
            <td data-label="Environment">{{environment}}</td>
            <td data-label="Rule"><code>{{cron}}</code> <span class="dim">{{timezone}}</span></td>
            <td data-label="Next">{{#.paused}}<span class="dim">{{.}}</span>{{/.paused}}{{^.paused}}{{#.next}}{{> when}}{{/.next}}{{^.next}}<span class="dim">never again</span>{{/.next}}{{/.paused}}</td>
            <td data-label="Last fire">{{#.lastFire}}{{#logicalTime}}{{> when}}{{/logicalTime}}{{/.lastFire}}{{^.lastFire}}<span class="dim">none yet</span>{{/.lastFire}}</td>
            <td data-label="Model">{{#.lastFire}}{{#.pinned}}{{.}}{{/.pinned}}{{/.lastFire}}</td>
            <td data-label="Commit">{{#commit}}{{> hash}}{{/commit}}</td>
            </tr>
            {{/schedules}}
            </tbody>
            </table>{{/hasSchedules}}
            </section>
            {{#hasRemarks}}
            <section>
            <h2>Pushes that started nothing</h2>
            <ul class="remarks">{{#remarks}}<li>{{.}}</li>{{/remarks}}</ul>
            </section>
            {{/hasRemarks}}
            </div>
            """
    ) { request in
        let content = BoardContent(
            try await request.answers.board(), status: try await request.answers.status(), now: request.now)
        return Content("Board", content)
    }
}

/// What the board's template shows.
struct BoardContent {
    /// An environment with the last run of each of its branches.
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
        /// The project's name; nil when there is only one project.
        let prefix: String?
    }

    /// What blocks projects, oldest first.
    let troubles: [TroubleView]
    let hasTroubles: Bool
    let groups: [Group]
    /// Shown instead of the runs as long as there are none.
    let firstSteps: FirstSteps?
    let running: Int
    let queued: Int
    /// Open changes, at most 8.
    let changes: [ChangeView]
    let decisions: [DecisionView]
    let schedules: [ScheduleView]
    let hasSchedules: Bool
    /// Pushes that started no run, with the reason.
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
        troubles = status.troubles.map { TroubleView($0, now: now) }
        hasTroubles = !troubles.isEmpty
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

    /// Sort key: prod, staging, dev, then the others by name.
    private static func place(_ environment: String) -> (Int, String) {
        (["prod", "staging", "dev"].firstIndex(of: environment) ?? 3, environment)
    }

    /// Newest first; among runs created at the same moment, the highest id first.
    private static func isShownBefore(_ one: BoardReport.Row, _ other: BoardReport.Row) -> Bool {
        one.run.createdAt != other.run.createdAt ? one.run.createdAt > other.run.createdAt : one.run.id > other.run.id
    }
}

/// What to do before the first run: adopt a repository, or push to an adopted one.
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
