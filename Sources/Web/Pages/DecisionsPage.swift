import Reports

extension Page {
    /// The ledger, for auditors: the reasons of each decision, and the digests of its inputs.
    static let decisions = Page(
        path: "/decisions", place: .entry("Decisions"),
        template: """
            <div class="title"><h1>Decisions</h1></div>
            {{#isEmpty}}<p class="none">No model has been judged yet: a release pipeline with a <code>promote</code> step does.</p>{{/isEmpty}}
            {{#items}}
            <article id="d{{id}}">
            <div class="title"><h2>{{id}}: {{model}} {{challenger}}</h2>{{#verdict}}{{> state}}{{/verdict}}
            <p class="now">{{#.champion}}against {{.}}{{/.champion}}{{^.champion}}no champion before{{/.champion}} in {{environment}}, <a href="/runs/{{run}}">run {{run}}</a></p></div>
            {{^hasFindings}}<ul class="reasons">{{#reasons}}<li>{{.}}</li>{{/reasons}}</ul>{{/hasFindings}}
            {{#hasFindings}}
            <p>{{firstReason}}</p>
            <table class="cards findings">
            <thead><tr><th>Rule</th><th>Of</th><th class="number">Challenger</th><th class="number">Champion</th><th class="number">Better by</th><th>Bounds</th><th>Wanted</th><th>Outcome</th></tr></thead>
            <tbody>
            {{#findings}}
            <tr{{#isSlice}} class="slice"{{/isSlice}}>
            <td data-label="Rule">{{rule}}</td>
            <td data-label="Of">{{subject}}{{#.rows}} <span class="dim">{{.}} rows</span>{{/.rows}}</td>
            <td data-label="Challenger" class="number">{{challenger}}</td>
            <td data-label="Champion" class="number">{{champion}}</td>
            <td data-label="Better by" class="number">{{difference}}</td>
            <td data-label="Bounds">{{#.drawing}}<svg class="interval {{tone}}" width="{{width}}" height="20" viewBox="0 0 {{width}} 20" role="img" aria-label="{{text}}"><title>{{text}}</title>
            <line class="zero" x1="{{zero}}" x2="{{zero}}" y1="1" y2="19"/><line class="wanted" x1="{{wanted}}" x2="{{wanted}}" y1="1" y2="19"/>
            <path class="bounds" d="M{{from}} 5v10M{{from}} 10H{{to}}M{{to}} 5v10"/><circle cx="{{point}}" cy="10" r="3"/></svg>{{/.drawing}}</td>
            <td data-label="Wanted">{{wanted}}</td>
            <td data-label="Outcome">{{#outcome}}{{> state}}{{/outcome}}</td>
            </tr>
            {{/findings}}
            </tbody>
            </table>
            {{/hasFindings}}
            <dl class="facts">
            <div><dt>Decided</dt><dd>{{#decidedAt}}{{> exactly}}{{/decidedAt}}</dd></div>
            {{#.appliedAt}}<div><dt>Alias confirmed</dt><dd>{{> exactly}}</dd></div>{{/.appliedAt}}
            {{#isUnconfirmed}}<div><dt>Alias confirmed</dt><dd>not yet</dd></div>{{/isUnconfirmed}}
            {{#.approvals}}<div><dt>Approvals</dt><dd>{{.}}</dd></div>{{/.approvals}}
            {{#.voided}}<div><dt>Void</dt><dd>{{.}}</dd></div>{{/.voided}}
            <div><dt>Rows</dt><dd>{{rows}}</dd></div>
            <div><dt>Commit</dt><dd><code>{{commit.full}}</code></dd></div>
            <div><dt>Configuration</dt><dd><code>{{configuration.full}}</code></dd></div>
            {{#.evidence}}<div><dt>Evidence</dt><dd><code>{{full}}</code></dd></div>{{/.evidence}}
            {{#datasets}}<div><dt>Dataset {{key}}</dt><dd><code>{{value}}</code></dd></div>{{/datasets}}
            <div><dt>Ledger hash</dt><dd><code>{{hash.full}}</code></dd></div>
            </dl>
            </article>
            {{/items}}
            """
    ) { request in
        let newestFirst = try await request.answers.decisions().sorted { $0.id > $1.id }
        return Content("Decisions", ListContent(newestFirst.map { DecisionView($0, now: request.now) }))
    }
}
