/// A run: what it was made of, its steps drawn and listed, and the log of one of them.
let runTemplate = """
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

/// Runs, newest first.
let runsTemplate = """
    <div class="title"><h1>Runs</h1>
    {{#isFiltered}}<p class="now">{{#.environment}}in {{.}}{{/.environment}} {{#.branch}}of <span class="branch">{{.}}</span>{{/.branch}}, <a href="/runs">show all</a></p>{{/isFiltered}}</div>
    {{#isEmpty}}<p class="none">There are none.</p>{{/isEmpty}}
    {{^isEmpty}}
    <div id="runs" data-live="5">
    <table class="cards">
    <thead><tr><th>Run</th><th>Environment</th><th>Branch</th><th>Commit</th><th>Outcome</th><th>Started</th><th class="number">Took</th></tr></thead>
    <tbody>
    {{#items}}<tr>{{> runCells}}</tr>{{/items}}
    </tbody>
    </table>
    </div>
    {{/isEmpty}}
    {{#.olderHref}}<p><a href="{{.}}">Older runs</a></p>{{/.olderHref}}
    """

let runCells = """
    <td data-label="Run"><a href="/runs/{{id}}">#{{id}}</a> <span class="dim">{{pipeline}}</span></td>
    <td data-label="Environment">{{.environment}}</td>
    <td data-label="Branch" class="branch"><a href="{{branchHref}}">{{.branch}}</a></td>
    <td data-label="Commit">{{#commit}}{{> hash}}{{/commit}}</td>
    <td data-label="Outcome">{{#outcome}}{{> state}}{{/outcome}}</td>
    <td data-label="Started">{{#at}}{{> when}}{{/at}}</td>
    <td data-label="Took" class="number">{{.took}}</td>
    """
