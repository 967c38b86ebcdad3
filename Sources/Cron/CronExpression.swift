import Foundation

/// A Quartz cron expression: `seconds minutes hours day-of-month month day-of-week [year]`.
///
/// Read as Quartz 2.5 documents it (`org.quartz.CronExpression`), with these differences, all on the side of refusing
/// what Quartz accepts and then ignores: empty list items, a step of 0 or beyond the field, a step after names
/// (`MON-FRI/2`), text after a complete value, and `6#3` beside other days. Years are 1970 to 2099.
public struct CronExpression: Sendable, CustomStringConvertible {
    /// The expression as written, without surrounding white space and with one space between fields.
    public let text: String
    let rule: Rule

    /// - Throws: ``CronError`` with the field at fault and its place in `text`.
    public init(_ text: String) throws(CronError) {
        rule = try Rule(reading: text)
        self.text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    public var description: String { text }

    /// The first due moment strictly after `instant`, in whole seconds.
    ///
    /// - Returns: nil when the expression is never due again.
    public func next(after instant: Date, in zone: TimeZone, dst: DaylightSaving = .wallOnce) -> Date? {
        guard let second = Self.wholeSecond(instant) else { return nil }
        return next(after: second, on: ZoneClock(zone: zone, standardTimeOnly: dst == .elapsed), dst: dst)
            .map { Date(timeIntervalSince1970: Double($0)) }
    }

    /// All due moments in (`start`, `end`], in order, at most `limit` of them.
    public func fires(
        after start: Date, through end: Date, in zone: TimeZone, dst: DaylightSaving = .wallOnce, limit: Int = 1000
    ) -> [Date] {
        guard var second = Self.wholeSecond(start) else { return [] }
        let clock = ZoneClock(zone: zone, standardTimeOnly: dst == .elapsed)
        var fires: [Date] = []
        while fires.count < limit, let due = next(after: second, on: clock, dst: dst) {
            let date = Date(timeIntervalSince1970: Double(due))
            guard date <= end else { break }
            fires.append(date)
            second = due
        }
        return fires
    }

    private func next(after second: Int, on clock: ZoneClock, dst: DaylightSaving) -> Int? {
        switch dst {
        case .wallOnce, .elapsed: rule.nextOnWall(after: second, clock: clock)
        case .quartz: rule.nextAsQuartz(after: second, clock: clock)
        }
    }

    /// Seconds since 1970, rounded down; nil when nothing can be due after it (2101 or later, or not a number).
    private static func wholeSecond(_ instant: Date) -> Int? {
        let seconds = instant.timeIntervalSince1970.rounded(.down)
        guard seconds < 4_133_980_800 else { return nil }  // 2101-01-01; fails for NaN as well
        return Int(max(seconds, -172_800))
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
