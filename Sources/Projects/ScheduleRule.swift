import Cron
import Foundation

/// A cron rule with its policies.
public struct ScheduleRule: Sendable, Hashable, Codable {
    /// What becomes of moments that passed while nobody could fire them.
    public enum Misfire: String, Sendable, Codable, CaseIterable {
        case runOnce = "run-once"
        case runAll = "run-all"
        case skip
    }

    /// What becomes of a moment while a run of an earlier one has not ended.
    public enum Overlap: String, Sendable, Codable, CaseIterable { case queue, skip, replace }

    public let cron: CronExpression
    public let timezone: String
    public let environment: String
    public let misfire: Misfire
    public let overlap: Overlap
    public let dst: DaylightSaving
    /// Schedules whose fire for the same time has to pass first. Absent for none.
    public let after: [String]?
    /// Each fire comes later by a share of these seconds that is the schedule's own. Absent for none.
    public let jitter: Int64?
    /// Nothing is due before.
    public let start: Date?
    /// Nothing is due after.
    public let end: Date?
    /// The most moments that `misfire: run-all` makes up at once. Absent for 100.
    public let catchUp: Int?

    /// The names under `after`.
    public var dependencies: [String] { after ?? [] }

    /// Whether what one of them has decided holds for the other, too.
    public func hasSameMoments(as other: ScheduleRule) -> Bool {
        cron == other.cron && timezone == other.timezone && dst == other.dst && environment == other.environment
    }
}

/// When a run's finding that the world has drifted starts a pipeline.
public struct DriftRule: Sendable, Hashable, Codable {
    public let environment: String
    /// The pipelines whose findings count; all of the environment when empty.
    public let of: [String]
    /// Seconds from one start to the next.
    public let cooldown: Int64
    /// Starts within `window` seconds, at most.
    public let atMost: Int
    public let window: Int64
}
