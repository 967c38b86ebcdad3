import Foundation
import Reports

extension Page {
    /// Live schedules with their fires, and backfills.
    static let schedules = Page(
        path: "/schedules", place: .entry("Schedules"),
        template: """
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
    ) { request in
        let content = SchedulesContent(
            schedules: try await request.answers.schedules().map { ScheduleView($0, now: request.now) },
            backfills: try await request.answers.backfills().map { BackfillView($0, now: request.now) })
        return Content("Schedules", content)
    }
}

/// What the template of schedules shows.
struct SchedulesContent {
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

/// A backfill: a range of past fires that run again.
struct BackfillView {
    let id: Int64
    let schedule: String
    let from: TimeMark
    let through: TimeMark
    let version: String?
    let state: StateMark
    let progress: String
    let who: String

    init(_ backfill: BackfillReport, now: Date) {
        id = backfill.id
        schedule = backfill.schedule
        from = TimeMark(backfill.from, now: now)
        through = TimeMark(backfill.through, now: now)
        version = backfill.version
        state = StateMark(backfill.state)
        progress =
            "\(backfill.passed) of \(backfill.total)" + (backfill.failed > 0 ? ", \(backfill.failed) failed" : "")
        who = backfill.who
    }
}
