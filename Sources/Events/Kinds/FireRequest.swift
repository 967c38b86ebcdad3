import Formats
import Foundation

/// A schedule is due, or a person asked for one of its moments. Holds everything that the moment is pinned to.
public struct FireRequest: Hashable, Sendable, Codable {
    /// Row of the stored fire; repeats of one fire share it.
    public let fire: Int64
    public let schedule: String
    public let logicalTime: Date
    public let commit: ObjectID
    public let branch: String
    /// Absent when the schedule itself, or a person, asked for the moment.
    public let backfill: Backfilling?

    public init(
        fire: Int64, schedule: String, logicalTime: Date, commit: ObjectID, branch: String,
        backfill: Backfilling? = nil
    ) {
        self.fire = fire
        self.schedule = schedule
        self.logicalTime = logicalTime
        self.commit = commit
        self.branch = branch
        self.backfill = backfill
    }
}

extension FireRequest {
    private enum CodingKeys: String, CodingKey { case fire, schedule, logicalTime, commit, branch, backfill }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            fire: try values.decode(Int64.self, forKey: .fire),
            schedule: try values.decode(String.self, forKey: .schedule),
            logicalTime: try values.decode(UnixTime.self, forKey: .logicalTime).date,
            commit: try values.decode(ObjectID.self, forKey: .commit),
            branch: try values.decode(String.self, forKey: .branch),
            backfill: try values.decodeIfPresent(Backfilling.self, forKey: .backfill))
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(fire, forKey: .fire)
        try values.encode(schedule, forKey: .schedule)
        try values.encode(UnixTime(logicalTime), forKey: .logicalTime)
        try values.encode(commit, forKey: .commit)
        try values.encode(branch, forKey: .branch)
        try values.encodeIfPresent(backfill, forKey: .backfill)
    }
}

extension FireRequest: EventKind {
    package static let tag = "fire"

    package var subject: String { "schedule \(schedule)" }
    package var code: EventCode { .commit(commit, branch: branch, pipeline: schedule) }
}

extension Event {
    public static func fire(_ request: FireRequest) -> Event { Event(of: request) }

    /// The fire that the event runs, if any.
    public var fire: FireRequest? { self.as(FireRequest.self) }
}

/// The backfill that reruns a moment.
public struct Backfilling: Hashable, Sendable, Codable {
    public let number: Int64
    /// The model version to use. Default: the one that the fire is pinned to.
    public let version: String?

    private enum CodingKeys: String, CodingKey { case number, version }

    public init(number: Int64, version: String?) {
        self.number = number
        self.version = version
    }
}
