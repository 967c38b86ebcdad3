import Foundation

/// A message to people, and whether it was delivered.
public struct NoticeReport: Sendable, Codable, Hashable {
    public var id: Int64
    /// A webhook's `id`, and a mail's Message-ID.
    public var key: String
    public var project: String
    public var environment: String
    public var channel: String
    /// Nil for a webhook.
    public var recipient: String?
    /// `failure`, `recovery`, `missed`, `drift`, `promotion`, `rollback`, `approval`
    public var kind: String
    public var title: String
    public var run: Int64
    /// How many events of its kind it covers.
    public var count: Int
    public var at: Date
    /// `waiting`, `sent`, `undelivered` (given up), `replaced` (by a later one, before it was sent)
    public var state: String
    public var sentAt: Date?
    /// For a waiting message: the earliest time of the next attempt.
    public var nextAt: Date?
    public var attempts: Int
    /// Why the last attempt failed.
    public var trouble: String?

    public init(
        id: Int64, key: String, project: String, environment: String, channel: String, recipient: String?,
        kind: String, title: String, run: Int64, count: Int, at: Date, state: String, sentAt: Date?, nextAt: Date?,
        attempts: Int, trouble: String?
    ) {
        self.id = id
        self.key = key
        self.project = project
        self.environment = environment
        self.channel = channel
        self.recipient = recipient
        self.kind = kind
        self.title = title
        self.run = run
        self.count = count
        self.at = at
        self.state = state
        self.sentAt = sentAt
        self.nextAt = nextAt
        self.attempts = attempts
        self.trouble = trouble
    }
}
