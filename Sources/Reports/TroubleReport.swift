import Foundation

/// A problem that blocks a project until a person fixes it.
public struct TroubleReport: Sendable, Codable, Hashable {
    /// `mirror`, `repository`, `hooks`, `gate`, `forge`, `planning`, `registry`, `schedules`, `unreadable`
    public var kind: String
    /// Nil for the whole daemon.
    public var project: String?
    /// The branch of a gate, the pipeline of a schedule; nil for all of the project.
    public var part: String?
    public var since: Date
    public var what: String
    public var remedy: String

    public init(kind: String, project: String?, part: String?, since: Date, what: String, remedy: String) {
        self.kind = kind
        self.project = project
        self.part = part
        self.since = since
        self.what = what
        self.remedy = remedy
    }
}
