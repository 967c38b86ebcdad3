import Foundation

/// A time zone: its wall clock, and the clock that it would have in standard time all year.
///
/// `Zone(named:)` reads the machine's own zone files, so an upgrade of `tzdata` reaches schedules at the next start of
/// the program. Foundation's `TimeZone` on Linux has its data compiled in, as old as the toolchain. It is used only if
/// there is no file.
public struct Zone: Sendable, Hashable {
    /// An IANA name such as `Europe/Berlin`.
    public let name: String
    let wall: ZoneClock
    let standard: ZoneClock

    public static let gmt = Zone(
        name: "UTC", wall: ZoneClock(offset: 0, changes: []), standard: ZoneClock(offset: 0, changes: []))

    /// Seconds ahead of UTC.
    public func offset(at instant: Date) -> Int {
        wall.offset(at: Int(max(-1e12, min(1e12, instant.timeIntervalSince1970.rounded(.down)))))
    }

    private init(name: String, wall: ZoneClock, standard: ZoneClock) {
        (self.name, self.wall, self.standard) = (name, wall, standard)
    }
}

extension Zone {
    /// A span of time with one offset.
    struct Span: Hashable {
        /// The first instant.
        let start: Int
        /// Seconds ahead of UTC.
        let offset: Int
        /// Whether the clock differs from standard time.
        let isDaylight: Bool
    }

    /// - Parameter spans: in order; the first one also holds for the time before it.
    init(name: String, spans: [Span]) {
        let standards = Self.standardOffsets(Self.withWinterAsStandard(spans))
        func clock(_ offsets: [Int]) -> ZoneClock {
            ZoneClock(offset: offsets[0], changes: zip(spans, offsets).dropFirst().map { ($0.start, $1) })
        }
        self.init(name: name, wall: clock(spans.map(\.offset)), standard: clock(standards))
    }

    /// The laws of Ireland and Morocco, and so the zone files, call summer time the standard. Here, standard time is
    /// always the time before clocks go forward.
    private static func withWinterAsStandard(_ spans: [Span]) -> [Span] {
        func isBehind(_ index: Int, _ neighbour: Int) -> Bool {
            guard spans.indices.contains(index), spans.indices.contains(neighbour) else { return false }
            let (span, other) = (spans[index], spans[neighbour])
            return span.isDaylight && !other.isDaylight && span.offset < other.offset && index > 0
                && !spans[index - 1].isDaylight && span.offset < spans[index - 1].offset
        }
        return spans.indices.map { index in
            let span = spans[index]
            let isDaylight =
                span.isDaylight
                ? !isBehind(index, index - 1) : isBehind(index - 1, index) || isBehind(index + 1, index)
            return Span(start: span.start, offset: span.offset, isDaylight: isDaylight)
        }
    }

    /// Zone files say when daylight saving time applies, but not by how much. So the offset is that of the standard time
    /// before or after; if one of them is an hour behind, that one.
    private static func standardOffsets(_ spans: [Span]) -> [Int] {
        spans.indices.map { index in
            let span = spans[index]
            guard span.isDaylight else { return span.offset }
            let around = [spans[..<index].last { !$0.isDaylight }, spans[(index + 1)...].first { !$0.isDaylight }]
                .compactMap { $0?.offset }
            return around.first { $0 == span.offset - 3_600 } ?? around.first { $0 < span.offset } ?? span.offset
        }
    }

    /// Foundation's data of a zone, sampled day by day.
    init(_ zone: TimeZone) {
        func span(at instant: Int) -> Span {
            let date = Date(timeIntervalSince1970: Double(instant))
            return Span(
                start: instant, offset: zone.secondsFromGMT(for: date), isDaylight: zone.isDaylightSavingTime(for: date)
            )
        }
        func differs(_ one: Span, _ other: Span) -> Bool {
            one.offset != other.offset || one.isDaylight != other.isDaylight
        }
        let day = Rule.secondsPerDay
        var spans = [span(at: -2 * day)]
        let end = CivilDate(year: CivilDate.years.upperBound + 1, month: 1, day: 3).daysSinceEpoch * day
        for end in stride(from: -day, through: end, by: day) {
            let last = spans[spans.count - 1]
            guard differs(span(at: end), last) else { continue }
            var (low, high) = (end - day, end)
            while high - low > 1 {
                let middle = (low + high) / 2
                if differs(span(at: middle), last) { high = middle } else { low = middle }
            }
            spans.append(span(at: high))
        }
        self.init(name: zone.identifier, spans: spans)
    }
}
