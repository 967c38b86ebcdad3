/// What an expression means: the wall-clock times that match, counted in seconds since 1970-01-01 00:00:00 on that
/// same wall, whatever the zone.
struct Rule: Hashable, Sendable {
    var seconds: Numbers
    var minutes: Numbers
    var hours: Numbers
    var days: DayRule
    var months: Numbers
    var years: Years

    static let secondsPerDay = 86_400

    /// Whether the hour field leaves nothing out; see ``DaylightSaving``.
    var isRegular: Bool { hours.count == 24 }

    /// The first matching wall time at or after `wall`; nil when the years run out.
    func next(from wall: Int) -> Int? {
        let today = (wall >= 0 ? wall : wall - Self.secondsPerDay + 1) / Self.secondsPerDay
        let date = CivilDate(daysSinceEpoch: today)
        if years.contains(date.year), months.contains(date.month),
            days.days(inMonthOf: CivilDate(year: date.year, month: date.month, day: 1)).contains(date.day),
            let time = timeOfDay(from: wall - today * Self.secondsPerDay)
        {
            return today * Self.secondsPerDay + time
        }
        guard let day = nextDay(after: date) else { return nil }
        return day * Self.secondsPerDay + (hours.first * 60 + minutes.first) * 60 + seconds.first
    }

    /// The first matching second of a day at or after `second`.
    private func timeOfDay(from second: Int) -> Int? {
        let hour = second / 3_600
        let minute = second / 60 % 60
        if hours.contains(hour) {
            if minutes.contains(minute), let exact = seconds.next(from: second % 60) {
                return (hour * 60 + minute) * 60 + exact
            }
            if let later = minutes.next(from: minute + 1) { return (hour * 60 + later) * 60 + seconds.first }
        }
        guard let later = hours.next(from: hour + 1) else { return nil }
        return (later * 60 + minutes.first) * 60 + seconds.first
    }

    /// The first due day after `date`, in days since 1970-01-01.
    private func nextDay(after date: CivilDate) -> Int? {
        var year = date.year
        var month = date.month
        var day = date.day + 1
        while let due = years.next(from: year) {
            if due > year { (year, month, day) = (due, 1, 1) }
            while let dueMonth = months.next(from: month) {
                if dueMonth > month { (month, day) = (dueMonth, 1) }
                let first = CivilDate(year: year, month: month, day: 1)
                if let dueDay = days.days(inMonthOf: first).next(from: day) {
                    return first.daysSinceEpoch + dueDay - 1
                }
                (month, day) = (month + 1, 1)
            }
            (year, month, day) = (year + 1, 1, 1)
        }
        return nil
    }
}

/// The years of an expression, within ``CivilDate/years``.
struct Years: Hashable, Sendable {
    private var due = [Bool](repeating: false, count: CivilDate.years.count)

    init(_ years: some Sequence<Int>) {
        for year in years where CivilDate.years.contains(year) { due[year - CivilDate.years.lowerBound] = true }
    }

    func contains(_ year: Int) -> Bool {
        CivilDate.years.contains(year) && due[year - CivilDate.years.lowerBound]
    }

    /// The first due year that is not before `year`.
    func next(from year: Int) -> Int? {
        let start = max(year, CivilDate.years.lowerBound)
        guard start <= CivilDate.years.upperBound else { return nil }
        return (start...CivilDate.years.upperBound).first(where: contains)
    }
}
