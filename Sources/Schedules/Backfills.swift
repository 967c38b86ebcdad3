import Cron
import Foundation
import Projects

/// How far a backfill has come.
public struct BackfillProgress: Sendable, Hashable {
    public let total: Int
    public let passed: Int
    /// Moments whose run ended otherwise.
    public let failed: Int
    public let running: Int

    public init(total: Int, passed: Int, failed: Int, running: Int) {
        self.total = total
        self.passed = passed
        self.failed = failed
        self.running = running
    }

    public var waiting: Int { total - passed - failed - running }
    public var isDone: Bool { waiting == 0 && running == 0 }
}

/// How a backfill is to be worked off.
public struct BackfillLimits: Sendable, Hashable {
    /// Moments at work at once.
    public let parallel: Int
    /// It stops when so many moments have failed.
    public let maxFailures: Int

    public init(parallel: Int, maxFailures: Int) {
        self.parallel = parallel
        self.maxFailures = maxFailures
    }

    /// How many more moments may start now.
    public func starts(_ progress: BackfillProgress) -> Int {
        isHalted(progress) ? 0 : min(progress.waiting, max(0, parallel - progress.running))
    }

    /// Whether it waits for somebody to look at what failed.
    public func isHalted(_ progress: BackfillProgress) -> Bool {
        progress.failed >= maxFailures && progress.waiting > 0
    }
}

/// More moments than this are refused: one would not want to find out by their runs.
public let largestBackfill = 10_000

extension ScheduleRule {
    /// The moments of a backfill, both ends included, oldest first; one more than ``largestBackfill`` when there are more.
    public func moments(from start: Date, through end: Date) -> [Date] {
        guard let zone = Zone(named: timezone) else { return [] }
        return cron.fires(
            after: start.addingTimeInterval(-1), through: end, in: zone, dst: dst, limit: largestBackfill + 1)
    }
}
