/// The wall clock of a time zone: spans of time with one offset each. Instants are seconds since 1970-01-01T00:00:00Z;
/// a wall time is an instant plus its offset.
struct ZoneClock: Sendable, Hashable {
    /// The first instant of each span; the first span has no beginning.
    private(set) var starts: [Int]
    /// Seconds ahead of UTC, by span.
    private(set) var offsets: [Int]
    /// By span: the latest wall time before the span began. The clock has shown every time before it, or skipped it.
    private(set) var reached: [Int]
    /// By span: the wall time at its start.
    private var shownAtStart: [Int]

    static let beginning = Int.min / 4

    /// A clock change: the first instant of the new offset, and both offsets.
    struct Move: Hashable, Sendable {
        let instant: Int
        let before: Int
        let after: Int
    }

    /// - Parameter changes: the first instants of new offsets, in ascending order. Entries that change nothing are
    ///   dropped.
    init(offset: Int, changes: [(instant: Int, offset: Int)]) {
        (starts, offsets, reached, shownAtStart) = (
            [Self.beginning], [offset], [2 * Self.beginning], [2 * Self.beginning]
        )
        for (instant, offset) in changes where offset != offsets[offsets.count - 1] {
            reached.append(max(reached[reached.count - 1], instant + offsets[offsets.count - 1]))
            shownAtStart.append(instant + offset)
            starts.append(instant)
            offsets.append(offset)
        }
    }

    /// The span in which `instant` lies.
    func span(at instant: Int) -> Int { Self.last(in: starts, notAfter: instant) }

    /// The first instant after a span.
    func end(of span: Int) -> Int { span + 1 < starts.count ? starts[span + 1] : .max }

    /// Seconds ahead of UTC.
    func offset(at instant: Int) -> Int { offsets[span(at: instant)] }

    /// The first instant at which the clock shows `wall` or a later time.
    func firstInstant(reaching wall: Int) -> Int {
        // The last span that began before `wall` was reached.
        let span = Self.last(in: reached, notAfter: wall)
        return max(wall - offsets[span], starts[span])
    }

    /// The instant to which Java's lenient calendar resolves `wall`: a repeated time is its second occurrence, and a
    /// skipped time moves on by the length of the gap. Source: `sun.util.calendar.ZoneInfo.getOffsetsByWall` of Java
    /// 17.
    func instantAsJava(of wall: Int) -> Int { wall - offsets[Self.last(in: shownAtStart, notAfter: wall)] }

    /// The clock changes within (`start`, `end`].
    func moves(after start: Int, through end: Int) -> [Move] {
        (span(at: start)..<max(span(at: start), span(at: end))).map {
            Move(instant: starts[$0 + 1], before: offsets[$0], after: offsets[$0 + 1])
        }
    }

    /// The index of the last number that is at most `value`. Numbers ascend, and the first one is at most `value`.
    private static func last(in ascending: [Int], notAfter value: Int) -> Int {
        var (low, high) = (0, ascending.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if ascending[middle] <= value { low = middle } else { high = middle }
        }
        return low
    }
}
