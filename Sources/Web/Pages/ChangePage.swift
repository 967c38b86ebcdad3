import Foundation
import Hummingbird
import Reports

extension Page {
    /// A change: its state, what it would do to infrastructure, and its history.
    static let change = Page(
        path: "/changes/:id", place: .under(changes),
        template: """
            <div id="change"{{^isOver}} data-live="2"{{/isOver}}>
            <div class="title"><h1>Change {{change.id}}</h1>{{#change.outcome}}{{> state}}{{/change.outcome}}
            <p class="now">{{change.title}}</p></div>
            <dl class="facts">
            <div><dt>Into</dt><dd class="branch">{{change.target}}</dd></div>
            <div><dt>Author</dt><dd>{{change.author}}</dd></div>
            <div><dt>Head</dt><dd><code>{{change.head.full}}</code></dd></div>
            <div><dt>Topic</dt><dd>{{#change.url}}<a href="{{.}}">{{/change.url}}{{change.topic}}{{#change.url}}</a>{{/change.url}}</dd></div>
            {{#change.reason}}<div><dt>Reason</dt><dd>{{.}}</dd></div>{{/change.reason}}
            {{#change.place}}<div><dt>Place in the queue</dt><dd>{{.}}</dd></div>{{/change.place}}
            {{#change.approvedBy}}<div><dt>Approved by</dt><dd>{{.}}</dd></div>{{/change.approvedBy}}
            <div><dt>Checks</dt><dd>{{#change.runs}}<a href="/runs/{{.}}">#{{.}}</a> {{/change.runs}}{{^change.runs}}<span class="dim">none yet</span>{{/change.runs}}</dd></div>
            </dl>
            {{#infrastructure}}{{> plan}}{{/infrastructure}}
            <h2>History</h2>
            <table class="cards">
            <thead><tr><th>When</th><th>What</th></tr></thead>
            <tbody>{{#history}}<tr><td data-label="When">{{#at}}{{> exactly}}{{/at}}</td><td data-label="What">{{sentence}}</td></tr>{{/history}}</tbody>
            </table>
            </div>
            """
    ) { request in
        let number = try request.context.changeNumber()
        guard let detail = try await request.answers.change(number) else { throw HTTPError.noChange(number) }
        return Content("Change \(number)", ChangeContent(detail, now: request.now))
    }
}

/// What a change's template shows.
struct ChangeContent {
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
