import Formats

/// A person asked for a pipeline to be run in a working tree.
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
    /// Its run is planned where it is asked for.
    package var code: EventCode { .none() }
}

extension Event {
    public static func request(_ request: RunRequest) -> Event { Event(of: request) }
}
