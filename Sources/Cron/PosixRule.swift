/// A POSIX `TZ` string with the extensions of RFC 9636, section 3.3.1: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixRule: Hashable {
    /// Seconds ahead of UTC.
    let standard: Int
    let daylight: Daylight?

    struct Daylight: Hashable {
        let offset: Int
        let start: Turn
        let end: Turn
    }

    /// A day of every year and a time on it, which may be negative or beyond 24 hours.
    struct Turn: Hashable {
        enum Day: Hashable {
            /// `M3.5.0`: weekday (0 is Sunday) in the first to fourth, or last (5), week of the month.
            case weekday(Int, week: Int, month: Int)
            /// `J60`: 1 to 365, without February 29.
            case ordinal(Int)
            /// `59`: 0 to 365.
            case sinceNewYear(Int)
        }

        let day: Day
        /// Seconds after local midnight.
        let time: Int
    }

    init?(_ text: String) {
        var reader = Reader(rest: text[...])
        guard reader.name(), let behind = reader.time(hours: 24) else { return nil }
        standard = -behind
        guard !reader.rest.isEmpty else {
            daylight = nil
            return
        }
        guard reader.name() else { return nil }
        var offset = standard + 3_600
        if !reader.rest.hasPrefix(",") {
            guard let behind = reader.time(hours: 24) else { return nil }
            offset = -behind
        }
        guard let start = reader.turn(), let end = reader.turn(), reader.rest.isEmpty else { return nil }
        daylight = Daylight(offset: offset, start: start, end: end)
    }

    /// The spans after the last one of a file, up to the last year. Without daylight saving time there are none: the
    /// last span already has the rule's offset.
    func spans(after last: Zone.Span) -> [Zone.Span] {
        guard let daylight else { return [] }
        let day = Rule.secondsPerDay
        let first = max(CivilDate(daysSinceEpoch: max(last.start, -day).days).year - 1, 1969)
        let turns = (first...(CivilDate.years.upperBound + 1)).flatMap { year in
            [
                Zone.Span(start: daylight.start.wall(in: year) - standard, offset: daylight.offset, isDaylight: true),
                Zone.Span(start: daylight.end.wall(in: year) - daylight.offset, offset: standard, isDaylight: false),
            ]
        }
        // If daylight saving time ends and begins at the same instant, it lasts all year: the beginning wins.
        let ordered = turns.sorted { ($0.start, $0.isDaylight ? 1 : 0) < ($1.start, $1.isDaylight ? 1 : 0) }
        let lasting = zip(ordered, ordered.dropFirst()).filter { $0.start < $1.start }.map(\.0)
        return lasting.filter { $0.start > last.start }
    }
}

extension PosixRule.Turn {
    /// Seconds since 1970-01-01 00:00:00 in local time before the change.
    func wall(in year: Int) -> Int { dayNumber(in: year) * Rule.secondsPerDay + time }

    private func dayNumber(in year: Int) -> Int {
        let newYear = CivilDate(year: year, month: 1, day: 1)
        switch day {
        case .sinceNewYear(let days):
            return newYear.daysSinceEpoch + days
        case .ordinal(let number):
            let isLeap = CivilDate(year: year, month: 2, day: 1).lengthOfMonth == 29
            return newYear.daysSinceEpoch + number - 1 + (isLeap && number >= 60 ? 1 : 0)
        case .weekday(let weekday, let week, let month):
            let first = CivilDate(year: year, month: month, day: 1)
            let earliest = (weekday + 1 - first.weekday + 7) % 7
            let days = earliest + 7 * (week - 1)
            return first.daysSinceEpoch + (days < first.lengthOfMonth ? days : days - 7)
        }
    }
}

private struct Reader {
    var rest: Substring

    /// `CET` or `<+03>`; false when there is no name.
    mutating func name() -> Bool {
        if take("<") {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let letters = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    /// `-3`, `10:30` or `2:00:00`, in seconds.
    mutating func time(hours: Int) -> Int? {
        let sign = take("-") ? -1 : 1
        if sign == 1 { _ = take("+") }
        guard var seconds = number(in: 0...hours).map({ $0 * 3_600 }) else { return nil }
        for unit in [60, 1] where take(":") {
            guard let part = number(in: 0...59) else { return nil }
            seconds += part * unit
        }
        return sign * seconds
    }

    /// `,M3.5.0/2`
    mutating func turn() -> PosixRule.Turn? {
        guard take(","), let day = day() else { return nil }
        guard take("/") else { return PosixRule.Turn(day: day, time: 2 * 3_600) }
        return time(hours: 167).map { PosixRule.Turn(day: day, time: $0) }
    }

    private mutating func day() -> PosixRule.Turn.Day? {
        if take("J") { return number(in: 1...365).map { .ordinal($0) } }
        guard take("M") else { return number(in: 0...365).map { .sinceNewYear($0) } }
        guard let month = number(in: 1...12), take("."), let week = number(in: 1...5), take("."),
            let weekday = number(in: 0...6)
        else { return nil }
        return .weekday(weekday, week: week, month: month)
    }

    private mutating func number(in range: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        return Int(digits).flatMap { range.contains($0) ? $0 : nil }
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }
}
