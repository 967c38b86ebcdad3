/// Changes at the gate.
let changesTemplate = """
    <div class="title"><h1>Changes</h1></div>
    {{#isEmpty}}<p class="none">No change has been proposed. Propose one with <code>git push origin HEAD:refs/for/main</code>.</p>{{/isEmpty}}
    {{^isEmpty}}
    <div id="changes" data-live="5">
    <table class="cards">
    <thead><tr><th class="number">Change</th><th>Title</th><th>Into</th><th>Head</th><th>State</th><th>Reason</th><th>Checks</th></tr></thead>
    <tbody>
    {{#items}}
    <tr>
    <td data-label="Change" class="number"><a href="/changes/{{id}}">{{id}}</a></td>
    <td data-label="Title">{{#.url}}<a href="{{.}}">{{/.url}}{{title}}{{#.url}}</a>{{/.url}} <span class="dim">{{author}}, {{topic}}{{#.approvedBy}}; approved by {{.}}{{/.approvedBy}}</span></td>
    <td data-label="Into" class="branch">{{target}}</td>
    <td data-label="Head">{{#head}}{{> hash}}{{/head}}</td>
    <td data-label="State">{{#outcome}}{{> state}}{{/outcome}}{{#.place}} <span class="dim">place {{.}}</span>{{/.place}}</td>
    <td data-label="Reason">{{.reason}}</td>
    <td data-label="Checks">{{#.runs}}<a href="/runs/{{.}}">#{{.}}</a> {{/.runs}}</td>
    </tr>
    {{/items}}
    </tbody>
    </table>
    </div>
    {{/isEmpty}}
    """

/// Versions in the registry, with their lineage.
let modelsTemplate = """
    <div class="title"><h1>Models</h1></div>
    {{#isEmpty}}<p class="none">No model is registered, or the registry does not answer.</p>{{/isEmpty}}
    {{^isEmpty}}
    <table class="cards">
    <thead><tr><th>Model</th><th class="number">Version</th><th>Aliases</th><th>Stage</th><th>Environment</th><th>Commit</th><th>Run</th><th>Lineage</th></tr></thead>
    <tbody>
    {{#items}}
    <tr>
    <td data-label="Model">{{name}}</td>
    <td data-label="Version" class="number">{{version}}</td>
    <td data-label="Aliases">{{#aliases}}<span class="label">{{.}}</span> {{/aliases}}{{#.remark}}<small class="bad">{{.}}</small>{{/.remark}}</td>
    <td data-label="Stage">{{.stage}}</td>
    <td data-label="Environment">{{.environment}}</td>
    <td data-label="Commit">{{#.commit}}{{> hash}}{{/.commit}}</td>
    <td data-label="Run">{{#.run}}<a href="/runs/{{.}}">#{{.}}</a>{{/.run}}</td>
    <td data-label="Lineage"><details><summary>tags</summary>{{#.tags}}<p class="pair"><span class="dim">{{key}}</span> <code>{{value}}</code></p>{{/.tags}}</details></td>
    </tr>
    {{/items}}
    </tbody>
    </table>
    {{/isEmpty}}
    """

/// The ledger, for auditors: every reason, and the digests of what the verdict rests on.
let decisionsTemplate = """
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

/// Live schedules and their fires.
let schedulesTemplate = """
    <div class="title"><h1>Schedules</h1></div>
    {{^hasSchedules}}<p class="none">No schedule is live: one goes live with the release run that passes.</p>{{/hasSchedules}}
    {{#schedules}}
    <article id="{{name}}">
    <div class="title"><h2>{{name}}</h2><p class="now">{{project}} in {{environment}}</p></div>
    <dl class="facts">
    <div><dt>Rule</dt><dd><code>{{cron}}</code> {{timezone}}, {{policies}}</dd></div>
    <div><dt>Next</dt><dd>{{#.paused}}{{.}}{{/.paused}}{{^.paused}}{{#.next}}{{> exactly}}{{/.next}}{{^.next}}never again{{/.next}}{{/.paused}}</dd></div>
    <div><dt>Live since</dt><dd>{{#liveSince}}{{> exactly}}{{/liveSince}}, by <a href="/runs/{{run}}">run {{run}}</a></dd></div>
    <div><dt>Commit</dt><dd><code>{{commit.full}}</code></dd></div>
    </dl>
    {{^.lastFire}}<p class="none">It has not fired yet.</p>{{/.lastFire}}
    {{#.lastFire}}<table class="cards">
    <thead><tr><th>Logical time</th><th>State</th><th>Run</th><th>Model</th><th>Remark</th></tr></thead>
    <tbody>{{#fires}}<tr><td data-label="Logical time">{{#logicalTime}}{{> exactly}}{{/logicalTime}}</td><td data-label="State">{{#state}}{{> state}}{{/state}}</td><td data-label="Run">{{#.run}}<a href="/runs/{{.}}">{{.}}</a>{{/.run}}</td><td data-label="Model">{{.pinned}}</td><td data-label="Remark">{{.remark}}</td></tr>{{/fires}}</tbody>
    </table>{{/.lastFire}}
    </article>
    {{/schedules}}
    {{#hasBackfills}}<article id="backfills">
    <div class="title"><h2>Backfills</h2></div>
    <table class="cards">
    <thead><tr><th>Backfill</th><th>Schedule</th><th>From</th><th>Through</th><th>Version</th><th>State</th><th>Passed</th><th>By</th></tr></thead>
    <tbody>{{#backfills}}<tr><td data-label="Backfill">{{id}}</td><td data-label="Schedule">{{schedule}}</td><td data-label="From">{{#from}}{{> exactly}}{{/from}}</td><td data-label="Through">{{#through}}{{> exactly}}{{/through}}</td><td data-label="Version">{{.version}}</td><td data-label="State">{{#state}}{{> state}}{{/state}}</td><td data-label="Passed">{{progress}}</td><td data-label="By">{{who}}</td></tr>{{/backfills}}</tbody>
    </table>
    </article>{{/hasBackfills}}
    """
