import Foundation

/// How a clock change affects a fire.
public enum ClockMark: Hashable, Sendable, CustomStringConvertible {
    /// It stands for times that the clock skips. `skipped` is the first of them, such as `02:30:00`.
    case afterGap(skipped: String)
    /// The clock shows this time again later.
    case firstShowing
    /// The clock has shown this time before.
    case secondShowing

    public var description: String {
        switch self {
        case .afterGap(let skipped): "stands for \(skipped), which the clock skips"
        case .firstShowing: "the first of two times that the clock shows this"
        case .secondShowing: "the second of two times that the clock shows this"
        }
    }
}

extension CronExpression {
    /// - Parameter fire: a fire of this expression in the zone.
    public func clockMark(at fire: Date, in zone: Zone) -> ClockMark? {
        let (clock, instant) = (zone.wall, Int(fire.timeIntervalSince1970))
        let span = clock.span(at: instant)
        let (start, offset) = (clock.starts[span], clock.offsets[span])
        if span > 0 {
            let before = clock.offsets[span - 1]
            if instant == start, let skipped = rule.next(from: start + before), skipped < start + offset {
                return .afterGap(skipped: Zone.timeOfDay(skipped))
            }
            if instant < start + before - offset { return .secondShowing }
        }
        if span + 1 < clock.starts.count, instant >= clock.end(of: span) + clock.offsets[span + 1] - offset {
            return .firstShowing
        }
        return nil
    }
}

extension Zone {
    /// Local time with offset: `2026-03-29 03:00:00 +02:00`.
    public func show(_ instant: Date) -> String {
        let offset = offset(at: instant)
        let wall = Int(instant.timeIntervalSince1970.rounded(.down)) + offset
        let date = CivilDate(daysSinceEpoch: wall.days)
        let day = "\(date.year)-\(Self.pad(date.month))-\(Self.pad(date.day))"
        let shift = "\(offset < 0 ? "-" : "+")\(Self.timeOfDay(abs(offset) / 60 * 60).prefix(5))"
        return "\(day) \(Self.timeOfDay(wall)) \(shift)"
    }

    static func timeOfDay(_ wall: Int) -> String {
        let second = wall - wall.days * Rule.secondsPerDay
        return [second / 3_600, second / 60 % 60, second % 60].map(pad).joined(separator: ":")
    }

    private static func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
