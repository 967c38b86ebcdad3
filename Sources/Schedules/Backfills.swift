import Cron
import Foundation
import Projects

/// The progress of a backfill.
public struct BackfillProgress: Sendable, Hashable {
    public let total: Int
    public let passed: Int
    /// Moments whose run ended in any other way.
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

/// The limits of a backfill.
public struct BackfillLimits: Sendable, Hashable {
    /// How many moments run at once.
    public let parallel: Int
    /// It halts when this many moments have failed.
    public let maxFailures: Int

    public init(parallel: Int, maxFailures: Int) {
        self.parallel = parallel
        self.maxFailures = maxFailures
    }

    /// How many more moments may start now.
    public func starts(_ progress: BackfillProgress) -> Int {
        isHalted(progress) ? 0 : min(progress.waiting, max(0, parallel - progress.running))
    }

    /// Whether it has halted until somebody looks at the failures.
    public func isHalted(_ progress: BackfillProgress) -> Bool {
        progress.failed >= maxFailures && progress.waiting > 0
    }
}

/// Maximum number of moments in one backfill. A larger one is refused before it starts.
public let largestBackfill = 10_000

extension ScheduleRule {
    /// The moments of a backfill, both ends included, oldest first. If there are more than ``largestBackfill``,
    /// returns one more than that.
    public func moments(from start: Date, through end: Date) -> [Date] {
        guard let zone = Zone(named: timezone) else { return [] }
        return cron.fires(
            after: start.addingTimeInterval(-1), through: end, in: zone, dst: dst, limit: largestBackfill + 1)
    }
}
