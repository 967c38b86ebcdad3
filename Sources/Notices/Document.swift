import Foundation
import Projects
import Runs

/// The document that a webhook receives: JSON in snake_case, as docs/notifications.md lists it.
public struct Document: Sendable, Encodable {
    public struct Details: Sendable, Encodable {
        var count: Int
        var earlier: [String]
        var outcome: String?
        var steps: [FailedStep]?
        var log: [String]?
        var previousRun: Int64?
        var schedule: String?
        var logicalTime: Date?
        var reason: String?
        var drift: [DriftedStep]?
        var decision: Int64?
        var model: String?
        var from: String?
        var to: String?
        /// `moved`, `held`, `void` or `waiting`
        var standing: String?
        var approvalsMissing: Int?
        var reasons: [String]?
        var trouble: String?
        var part: String?
        var remedy: String?
        var since: Date?
        var isOver: Bool?
    }

    let kind: NoticeKind
    let id: String
    let project: String
    let environment: String
    let run: Int64
    let branch: String
    let pipeline: String
    let commit: String
    let title: String
    let text: String
    let url: String?
    let at: Date
    let details: Details

    public init(_ notice: Notice, id: String, template: String?, url: String?) {
        kind = notice.kind
        self.id = id
        project = notice.project
        environment = notice.environment
        run = notice.run
        branch = notice.branch
        pipeline = notice.pipeline
        commit = notice.commit
        title = notice.title
        text = forChat(notice.text(template: template, url: url, id: id))
        self.url = url
        at = notice.at
        details = Details(notice)
    }

    /// The bytes that are posted and signed.
    public func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        return [UInt8](try encoder.encode(self))
    }
}

extension Document.Details {
    init(_ notice: Notice) {
        self.init(count: notice.count, earlier: notice.earlier)
        switch notice.about {
        case .failure(let outcome, let steps, let log):
            (self.outcome, self.steps, self.log) = (outcome.rawValue, steps, log)
        case .recovery(let before): previousRun = before
        case .missed(let missed):
            (schedule, logicalTime, reason) = (missed.schedule, missed.logicalTime, missed.reason)
        case .drift(let steps): drift = steps
        case .decision(let move):
            (decision, model, from, to, reasons) = (move.decision, move.model, move.from, move.to, move.reasons)
            switch move.standing {
            case .moved: standing = "moved"
            case .held: standing = "held"
            case .void(let because): (standing, reason) = ("void", because)
            case .waits(let approvals): (standing, approvalsMissing) = ("waiting", approvals)
            }
        case .trouble(let trouble, let isOver):
            (self.trouble, part, reason) = (trouble.place.kind.rawValue, trouble.place.part, trouble.what)
            (remedy, since, self.isOver) = (trouble.remedy, trouble.since, isOver)
        case .test: break
        }
    }
}

/// Text for a chat. Escapes Slack's three special characters (docs.slack.dev, "Formatting message text"), which
/// Mattermost and Teams unescape, too. So no name or log can notify a whole channel.
func forChat(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing(/@(all|channel|everyone|here)(?![A-Za-z0-9_])/.ignoresCase()) { "@\u{200B}\($0.output.1)" }
}
