import Foundation

/// A Quartz cron expression: `seconds minutes hours day-of-month month day-of-week [year]`.
///
/// Accepts exactly what `org.quartz.CronExpression` 2.3.2 accepts, with the same meaning. ``lints`` lists what Quartz
/// accepts and then ignores. Two differences: a field that names nothing (`,`) is refused here, while Quartz accepts it
/// and then fails; and years end with 2199, while Quartz's end a hundred years after its program was started.
///
/// Quartz 2.5 differs: it takes lists with `L` and `W` (`1,15W,L`) and counts every item of them, and refuses an eighth
/// field, and `L` in the time fields.
public struct CronExpression: Sendable, CustomStringConvertible {
    /// The expression as written, with one space between fields.
    public let text: String
    /// What was accepted but ignored, or does not mean what it seems to; in the order of the fields.
    public let lints: [CronLint]
    let rule: Rule

    /// - Throws: ``CronError`` with the field at fault and its position in `text`.
    public init(_ text: String) throws(CronError) {
        (rule, lints) = try Rule.read(text)
        self.text = text.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }

    public var description: String { text }

    /// The first due moment strictly after `instant`, in whole seconds.
    ///
    /// - Returns: nil when the expression is never due again.
    public func next(after instant: Date, in zone: Zone, dst: DaylightSaving = .wallOnce) -> Date? {
        next(after: Self.wholeSecond(instant), in: zone, dst: dst).map { Date(timeIntervalSince1970: Double($0)) }
    }

    /// All due moments in (`start`, `end`], in order, at most `limit` of them.
    public func fires(
        after start: Date, through end: Date, in zone: Zone, dst: DaylightSaving = .wallOnce, limit: Int = 1000
    ) -> [Date] {
        var second = Self.wholeSecond(start)
        let last = Self.wholeSecond(end)
        var fires: [Date] = []
        while fires.count < limit, let due = next(after: second, in: zone, dst: dst), due <= last {
            fires.append(Date(timeIntervalSince1970: Double(due)))
            second = due
        }
        return fires
    }

    /// The last due moment that is not after `instant`.
    ///
    /// - Returns: nil when there is none since 1970.
    public func previous(through instant: Date, in zone: Zone, dst: DaylightSaving = .wallOnce) -> Date? {
        let second = Self.wholeSecond(instant)
        let due =
            switch dst {
            case .wallOnce: rule.previousOnWall(through: second, clock: zone.wall)
            case .elapsed: rule.previousOnWall(through: second, clock: zone.standard)
            case .quartz: rule.previousAsQuartz(through: second, clock: zone.wall)
            }
        return due.map { Date(timeIntervalSince1970: Double($0)) }
    }

    /// The same in seconds since 1970, for callers that ask often.
    public func next(after instant: Int, in zone: Zone, dst: DaylightSaving) -> Int? {
        switch dst {
        case .wallOnce: rule.nextOnWall(after: instant, clock: zone.wall)
        case .elapsed: rule.nextOnWall(after: instant, clock: zone.standard)
        case .quartz: rule.nextAsQuartz(after: instant, clock: zone.wall)
        }
    }

    /// Seconds since 1970, rounded down. Extreme instants are clamped to ±10¹¹; NaN counts as later than everything.
    private static func wholeSecond(_ instant: Date) -> Int {
        let seconds = instant.timeIntervalSince1970.rounded(.down)
        let far = 1e11
        return seconds < far ? Int(max(seconds, -far)) : Int(far)
    }
}

extension CronExpression: Hashable {
    /// Two expressions are equal when their texts are.
    public static func == (one: CronExpression, other: CronExpression) -> Bool { one.text == other.text }

    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension CronExpression: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(try container.decode(String.self))
        } catch let error as CronError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
