import Foundation
import Schedules

extension StoredSchedule {
    /// The next moment; `nil` while the schedule is paused.
    public func next(now: Date) -> Date? {
        pause == nil
            ? rule.due(after: max(decidedThrough, now), now: now, delay: rule.delay(of: delayName)).next : nil
    }

    /// Seed for its share of the jitter.
    public var delayName: String { "\(project) \(pipeline)" }
}

extension StoredSchedule {
    /// The latest due moment that is not decided, with the count of those before it; `nil` if none is due.
    public func missed(until now: Date, because reason: SkipReason) -> Moment? {
        guard let last = rule.lastMoment(through: now), last > decidedThrough else { return nil }
        let before = rule.moments(from: decidedThrough.addingTimeInterval(1), through: last.addingTimeInterval(-1))
        return Moment(last, skipped: reason, missed: before.count)
    }
}
