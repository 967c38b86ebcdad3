import Foundation
import Hummingbird
import Reports

extension Page {
    /// A run: its commit and configuration, its steps as a graph and a table, and the log of one of them.
    static let run = Page(
        path: "/runs/:id", place: .under(runs),
        template: """
            <div id="run"{{^run.isOver}} data-live="2"{{/run.isOver}}>
            <div class="title"><h1>Run {{run.id}}</h1>{{#run.outcome}}{{> state}}{{/run.outcome}}
            <p class="now"><span class="branch"><a href="{{run.branchHref}}">{{run.branch}}</a></span> {{#run.commit}}{{> hash}}{{/run.commit}}
            {{run.pipeline}} in <a href="{{run.environmentHref}}">{{run.environment}}</a></p></div>
            <dl class="facts">
            <div><dt>Trigger</dt><dd>{{trigger}}</dd></div>
            {{#.logicalTime}}<div><dt>Logical time</dt><dd>{{> exactly}}</dd></div>{{/.logicalTime}}
            <div><dt>Created</dt><dd>{{#createdAt}}{{> exactly}}{{/createdAt}}</dd></div>
            {{#.startedAt}}<div><dt>Started</dt><dd>{{> exactly}}</dd></div>{{/.startedAt}}
            {{#.endedAt}}<div><dt>Ended</dt><dd>{{> exactly}}</dd></div>{{/.endedAt}}
            {{#run.took}}<div><dt>{{#run.isOver}}Took{{/run.isOver}}{{^run.isOver}}Running for{{/run.isOver}}</dt><dd>{{run.took}}</dd></div>{{/run.took}}
            <div><dt>Project</dt><dd>{{run.project}}</dd></div>
            <div><dt>Commit</dt><dd><code>{{run.commit.full}}</code></dd></div>
            <div><dt>Tree</dt><dd><code>{{tree.full}}</code></dd></div>
            <div><dt>Model</dt><dd>{{#.model}}<code>{{.}}</code>{{/.model}}{{^.model}}<span class="dim">none</span>{{/.model}}</dd></div>
            </dl>
            {{#notes}}<p class="note">{{.}}</p>{{/notes}}
            {{#.graph}}
            <div class="graph">
            <svg width="{{width}}" height="{{height}}" viewBox="0 0 {{width}} {{height}}" role="img" aria-label="Steps, each right of what it needs">
            {{#edges}}<path class="edge" d="{{.}}"/>{{/edges}}
            {{#nodes}}<a href="{{href}}"><g class="node {{state.tone}}{{#isSelected}} selected{{/isSelected}}"><title>{{name}}: {{state.word}}</title>
            <rect class="box" x="{{x}}" y="{{y}}" width="{{boxWidth}}" height="{{boxHeight}}" rx="5"/><rect class="bar" x="{{x}}" y="{{y}}" width="5" height="{{boxHeight}}" rx="2"/>
            <text class="name" x="{{textX}}" y="{{nameY}}">{{label}}</text><text class="what" x="{{textX}}" y="{{stateY}}">{{stateText}}</text></g></a>
            {{/nodes}}</svg>
            </div>
            {{/.graph}}
            <h2>Steps</h2>
            <table class="cards">
            <thead><tr><th>Step</th><th>State</th><th>Needs</th><th>Started</th><th class="number">Took</th><th>Reported</th></tr></thead>
            <tbody>
            {{#steps}}
            <tr{{#isSelected}} class="selected"{{/isSelected}}>
            <td data-label="Step"><a href="{{href}}">{{name}}</a>{{#.attempts}} <span class="dim">attempt {{.}}</span>{{/.attempts}}</td>
            <td data-label="State">{{#state}}{{> state}}{{/state}}{{#.detail}}<span class="dim">, {{.}}</span>{{/.detail}}</td>
            <td data-label="Needs"><span class="dim">{{#needs}}{{.}}{{^last()}}, {{/last()}}{{/needs}}</span></td>
            <td data-label="Started">{{#.startedAt}}{{> when}}{{/.startedAt}}</td>
            <td data-label="Took" class="number">{{.took}}</td>
            <td data-label="Reported">{{#.values}}<code>{{key}}={{value}}</code> {{/.values}}</td>
            </tr>
            {{/steps}}
            </tbody>
            </table>
            </div>
            {{#monitors}}
            <section>
            <div class="title"><h2>{{step}}</h2>{{#outcome}}{{> state}}{{/outcome}}<p class="now">{{summary}}</p></div>
            <dl class="facts wide"><div><dt>Window</dt><dd>{{window}}</dd></div><div><dt>Reference</dt><dd>{{reference}}</dd></div></dl>
            <table class="cards">
            <thead><tr><th>Measure</th><th>Statistic</th><th class="number">Value</th><th class="number">Drift from</th><th class="number">p</th><th>Against its limit</th><th>State</th></tr></thead>
            <tbody>{{#measures}}<tr><td data-label="Measure">{{name}}</td><td data-label="Statistic">{{statistic}}</td><td data-label="Value" class="number">{{value}}</td><td data-label="Drift from" class="number">{{limit}}</td><td data-label="p" class="number">{{p}}</td><td data-label="Against its limit">{{#.drawing}}<svg class="interval {{tone}}" width="{{width}}" height="16" viewBox="0 0 {{width}} 16" role="img" aria-label="{{text}}"><title>{{text}}</title><rect class="bar" x="0" y="4" width="{{length}}" height="8"/>{{#.warn}}<line class="zero" x1="{{.}}" x2="{{.}}" y1="0" y2="16"/>{{/.warn}}<line class="wanted" x1="{{limit}}" x2="{{limit}}" y1="0" y2="16"/></svg>{{/.drawing}}</td><td data-label="State">{{#state}}{{> state}}{{/state}}</td></tr>{{/measures}}</tbody>
            </table>
            </section>
            {{/monitors}}
            {{#infrastructure}}{{> plan}}{{/infrastructure}}
            {{#.log}}
            <section id="log" data-step="{{step}}">
            <div class="title"><h2>Log of {{step}}</h2><p class="now"><a href="{{wholeHref}}">whole log</a></p></div>
            {{#isCut}}<p class="none">Only the end is shown.</p>{{/isCut}}
            <pre class="log" tabindex="0"{{#.followHref}} data-follow="{{.}}"{{/.followHref}}>{{{html}}}</pre>
            {{#isEmpty}}<p class="none">Nothing has been written{{#.followHref}} yet{{/.followHref}}.</p>{{/isEmpty}}
            </section>
            {{/.log}}
            <section>
            <h2>Configuration</h2>
            <dl class="facts wide"><div><dt>SHA-256</dt><dd><code>{{configurationDigest.full}}</code></dd></div></dl>
            <details><summary>What the steps read</summary><pre>{{configuration}}</pre></details>
            </section>
            <section>
            <h2>Datasets</h2>
            {{^datasets}}<p class="none">No step reported a dataset.</p>{{/datasets}}
            <dl class="facts wide">{{#datasets}}<div><dt>{{key}}</dt><dd><code>{{value}}</code></dd></div>{{/datasets}}</dl>
            </section>
            """
    ) { request in
        let (id, step) = (try request.context.runID(), request.http.text("step"))
        guard let detail = try await request.answers.run(id) else { throw HTTPError.noRun(id) }
        if let step, !detail.steps.contains(where: { $0.name == step }) { throw HTTPError.noLog(id, step) }
        let selected = step ?? RunContent.stepToShow(detail.steps)
        let log = try await request.answers.shownLog(
            of: selected, run: id, isWanted: request.http.text("log") != "none")
        return Content("Run \(id)", RunContent(detail, selected: selected, log: log, now: request.now))
    }
}

/// What a run's template shows.
struct RunContent {
    struct Step {
        let name: String
        let href: String
        let state: StateMark
        let detail: String?
        let needs: [String]
        /// Nil for a first attempt.
        let attempts: Int?
        let startedAt: TimeMark?
        let took: String?
        let values: [Pair]
        let isSelected: Bool
    }

    /// The end of the selected step's log.
    struct Log {
        let step: String
        /// Escaped HTML.
        let html: String
        let isEmpty: Bool
        let isCut: Bool
        let wholeHref: String
        /// The address of live lines; nil when the step has ended.
        let followHref: String?
    }

    let run: RunView
    let createdAt: TimeMark
    let startedAt: TimeMark?
    let endedAt: TimeMark?
    let tree: HashMark
    let trigger: String
    let logicalTime: TimeMark?
    let model: String?
    let configuration: String
    let configurationDigest: HashMark
    let datasets: [Pair]
    let notes: [String]
    let graph: StepGraph?
    let steps: [Step]
    let monitors: [MonitorView]
    let infrastructure: [InfrastructureReport]
    let log: Log?

    init(_ detail: RunDetail, selected: String?, log: Log?, now: Date) {
        let id = detail.run.id
        run = RunView(detail.run, now: now)
        createdAt = TimeMark(detail.run.createdAt, now: now)
        startedAt = detail.run.startedAt.map { TimeMark($0, now: now) }
        endedAt = detail.run.endedAt.map { TimeMark($0, now: now) }
        tree = HashMark(detail.tree)
        trigger = detail.trigger
        logicalTime = detail.logicalTime.map { TimeMark($0, now: now) }
        model = detail.model
        configuration = detail.configuration
        configurationDigest = HashMark(detail.configurationDigest)
        datasets = Pair.sorted(detail.datasets)
        notes = detail.notes
        graph = detail.steps.isEmpty ? nil : StepGraph(detail.steps, run: id, selected: selected)
        steps = detail.steps.map { Step($0, run: id, isSelected: $0.name == selected, now: now) }
        monitors = detail.monitors.map(MonitorView.init)
        infrastructure = detail.infrastructure
        self.log = log
    }

    /// The step whose log is shown by default: the first that failed, else one that is running or waiting, else the one
    /// that ended last.
    static func stepToShow(_ steps: [StepReport]) -> String? {
        let isBad: (StepReport) -> Bool = { StateMark($0.state).tone == "bad" }
        let step =
            steps.first(where: isBad) ?? steps.first { $0.state == "running" } ?? steps.first { $0.state == "waiting" }
            ?? steps.filter { $0.startedAt != nil && $0.endedAt != nil }
            .max { ($0.endedAt ?? .distantPast) < ($1.endedAt ?? .distantPast) }
            ?? steps.last
        return step?.name
    }
}

extension RunContent.Step {
    init(_ step: StepReport, run: Int64, isSelected: Bool, now: Date) {
        name = step.name
        href = "/runs/\(run)?step=\(encoded(step.name))#log"
        state = StateMark(step.state)
        detail = step.detail.isEmpty ? nil : step.detail
        needs = step.needs
        attempts = step.attempts > 1 ? step.attempts : nil
        startedAt = step.startedAt.map { TimeMark($0, now: now) }
        took =
            step.seconds.map(duration)
            ?? (step.state == "running" ? step.startedAt.map { duration(now.timeIntervalSince($0)) } : nil)
        values = Pair.sorted(step.values)
        self.isSelected = isSelected
    }
}

extension RunContent.Log {
    init(_ part: LogPart, isCut: Bool, run: Int64, step: String) {
        self.step = step
        html = LogText(part.bytes).html
        isEmpty = part.bytes.isEmpty
        self.isCut = isCut
        wholeHref = "/runs/\(run)/steps/\(encoded(step))/log"
        followHref =
            part.isOver ? nil : "/api/runs/\(run)/steps/\(encoded(step))/follow?as=html&offset=\(part.nextOffset)"
    }
}

extension Answers {
    /// The end of a step's log, for the page of its run; `nil` without a step or its log.
    ///
    /// - Parameter isWanted: false when the page refreshes itself: it follows the log by server-sent events.
    fileprivate func shownLog(of step: String?, run: Int64, isWanted: Bool) async throws -> RunContent.Log? {
        guard let step else { return nil }
        guard isWanted else {
            return RunContent.Log(LogPart(bytes: [], nextOffset: 0, isOver: true), isCut: false, run: run, step: step)
        }
        return try await logEnd(run: run, step: step, size: shownLogSize)
            .map { RunContent.Log($0.part, isCut: $0.isCut, run: run, step: step) }
    }
}

/// How much of the end of a log is shown, in bytes.
private let shownLogSize = 192 << 10
