import Cron
import Foundation
import Projects

/// What a live schedule owes at a moment.
public struct Due: Sendable, Hashable {
    /// Logical times to fire now, oldest first.
    public let fires: [Date]
    /// When to look again; absent when it is never due any more.
    public let next: Date?
}

/// How late a moment may be noticed and still count as on time, in seconds.
public let onTime: TimeInterval = 60

extension ScheduleRule {
    /// Decide which moments fire.
    ///
    /// - Parameters:
    ///   - last: the moment up to which everything has been decided: its latest fire, or when it went live.
    ///   - now: the present moment.
    ///   - running: whether a run of an earlier fire has not ended.
    public func due(after last: Date, now: Date, running: Bool) -> Due {
        guard let zone = Zone(named: timezone) else { return Due(fires: [], next: nil) }
        let next = cron.next(after: max(last, now), in: zone, dst: dst)
        let missed = cron.fires(after: last, through: now, in: zone, dst: dst, limit: 10_000)
        guard !missed.isEmpty else { return Due(fires: [], next: next) }
        let chosen: [Date] =
            switch misfire {
            case .runAll: missed
            case .runOnce: Array(missed.suffix(1))
            case .skip: missed.filter { now.timeIntervalSince($0) <= onTime }
            }
        return Due(fires: overlap == .skip && running ? [] : chosen, next: next)
    }
}
