import Formats

/// A request of a person to make a version the incumbent: an earlier one again, or one that no rule judged here.
public struct RollbackRequest: Hashable, Sendable, Codable {
    public let environment: String
    public let model: String
    public let version: String
    /// The code that serves the model now, and has to work with the older version.
    public let commit: ObjectID
    public let branch: String
    public let by: String
    public let reason: String
    /// Whether the person accepts a version that was not champion before. Absent: no.
    public let accepts: Bool?

    private enum CodingKeys: String, CodingKey { case environment, model, version, commit, branch, by, reason, accepts }

    public init(
        environment: String, model: String, version: String, commit: ObjectID, branch: String, by: String,
        reason: String, accepts: Bool? = nil
    ) {
        self.environment = environment
        self.model = model
        self.version = version
        self.commit = commit
        self.branch = branch
        self.by = by
        self.reason = reason
        self.accepts = accepts
    }
}

extension RollbackRequest: EventKind {
    package static let tag = "rollback"

    package var subject: String {
        "\(accepts ?? false ? "acceptance of \(model)" : "rollback of \(model) to") \(version)"
    }
    package var code: EventCode { .commit(commit, branch: branch) }
}

extension Event {
    public static func rollback(_ request: RollbackRequest) -> Event { Event(of: request) }
}
