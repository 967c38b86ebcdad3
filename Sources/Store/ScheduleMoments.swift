import Foundation
import Schedules

extension StoredSchedule {
    /// When it fires next; `nil` while it is paused.
    public func next(now: Date) -> Date? {
        pause == nil
            ? rule.due(after: max(decidedThrough, now), now: now, delay: rule.delay(of: delayName)).next : nil
    }

    /// What its share of its jitter is drawn from.
    public var delayName: String { "\(project) \(pipeline)" }
}

extension StoredSchedule {
    /// The latest moment that has come and was not decided, with how many were before it; `nil` when none has come.
    public func missed(until now: Date, because reason: SkipReason) -> Moment? {
        guard let last = rule.lastMoment(through: now), last > decidedThrough else { return nil }
        let before = rule.moments(from: decidedThrough.addingTimeInterval(1), through: last.addingTimeInterval(-1))
        return Moment(last, skipped: reason, missed: before.count)
    }
}
