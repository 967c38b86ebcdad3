import Formats

/// A step reported that current data has drifted from what the model learned.
public struct DriftReport: Hashable, Sendable, Codable {
    /// The run that found it, and its pipeline.
    public let run: Int64
    public let pipeline: String
    public let environment: String
    public let reason: String
    public let commit: ObjectID
    public let branch: String

    private enum CodingKeys: String, CodingKey { case run, pipeline, environment, reason, commit, branch }

    public init(run: Int64, pipeline: String, environment: String, reason: String, commit: ObjectID, branch: String) {
        self.run = run
        self.pipeline = pipeline
        self.environment = environment
        self.reason = reason
        self.commit = commit
        self.branch = branch
    }
}

extension DriftReport: EventKind {
    package static let tag = "drift"

    package var subject: String { "drift in \(environment)" }
    package var code: EventCode { .commit(commit, branch: branch) }
    /// A rule counts the runs that drift has started before.
    package var dependsOnEarlierEvents: Bool { true }
}

extension Event {
    public static func drift(_ report: DriftReport) -> Event { Event(of: report) }
}
