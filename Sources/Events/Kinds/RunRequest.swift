import Formats

/// A person's request to run a pipeline in a working tree.
public struct RunRequest: Hashable, Sendable, Codable {
    public let pipeline: String
    public let commit: ObjectID
    public let branch: String

    private enum CodingKeys: String, CodingKey { case pipeline, commit, branch }

    public init(pipeline: String, commit: ObjectID, branch: String) {
        self.pipeline = pipeline
        self.commit = commit
        self.branch = branch
    }
}

extension RunRequest: EventKind {
    package static let tag = "request"

    package var subject: String { "pipeline \(pipeline)" }
    /// The command that makes the request plans the run itself.
    package var code: EventCode { .none() }
}

extension Event {
    public static func request(_ request: RunRequest) -> Event { Event(of: request) }
}
