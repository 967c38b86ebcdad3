/// The meaning of an expression: the matching wall-clock times, in seconds since 1970-01-01 00:00:00 in local time, in
/// any zone.
struct Rule: Hashable, Sendable {
    var seconds: Numbers
    var minutes: Numbers
    var hours: Numbers
    var days: DayRule
    var months: Numbers
    var years: Years

    static let secondsPerDay = 86_400

    /// Whether the hour field has all 24 hours; see ``DaylightSaving``.
    var isRegular: Bool { hours.count == 24 }

    private var firstOfDay: Int { (hours.first * 60 + minutes.first) * 60 + seconds.first }
    private var lastOfDay: Int { (hours.last * 60 + minutes.last) * 60 + seconds.last }

    /// The first matching wall time at or after `wall`; nil when the years run out.
    func next(from wall: Int) -> Int? {
        let today = wall.days
        let date = CivilDate(daysSinceEpoch: today)
        if isDue(date), let time = timeOfDay(from: wall - today * Self.secondsPerDay) {
            return today * Self.secondsPerDay + time
        }
        guard let day = nextDay(after: date) else { return nil }
        return day * Self.secondsPerDay + firstOfDay
    }

    /// The last matching wall time at or before `wall`; nil when there is none since 1970.
    func previous(through wall: Int) -> Int? {
        let today = wall.days
        let date = CivilDate(daysSinceEpoch: today)
        if isDue(date), let time = timeOfDay(through: wall - today * Self.secondsPerDay) {
            return today * Self.secondsPerDay + time
        }
        guard let day = previousDay(before: date) else { return nil }
        return day * Self.secondsPerDay + lastOfDay
    }

    private func isDue(_ date: CivilDate) -> Bool {
        years.contains(date.year) && months.contains(date.month)
            && days.days(inMonthOf: CivilDate(year: date.year, month: date.month, day: 1)).contains(date.day)
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

    /// The last matching second of a day at or before `second`.
    private func timeOfDay(through second: Int) -> Int? {
        let hour = second / 3_600
        let minute = second / 60 % 60
        if hours.contains(hour) {
            if minutes.contains(minute), let exact = seconds.previous(through: second % 60) {
                return (hour * 60 + minute) * 60 + exact
            }
            if let earlier = minutes.previous(through: minute - 1) {
                return (hour * 60 + earlier) * 60 + seconds.last
            }
        }
        guard let earlier = hours.previous(through: hour - 1) else { return nil }
        return (earlier * 60 + minutes.last) * 60 + seconds.last
    }

    /// The first due day after `date`, in days since 1970-01-01.
    private func nextDay(after date: CivilDate) -> Int? {
        var (year, month, day) = (date.year, date.month, date.day + 1)
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

    /// The last due day before `date`, in days since 1970-01-01.
    private func previousDay(before date: CivilDate) -> Int? {
        var (year, month, day) = (date.year, date.month, date.day - 1)
        while let due = years.previous(through: year) {
            if due < year { (year, month, day) = (due, 12, 31) }
            while let dueMonth = months.previous(through: month) {
                if dueMonth < month { (month, day) = (dueMonth, 31) }
                let first = CivilDate(year: year, month: month, day: 1)
                if let dueDay = days.days(inMonthOf: first).previous(through: day) {
                    return first.daysSinceEpoch + dueDay - 1
                }
                (month, day) = (month - 1, 31)
            }
            (year, month, day) = (year - 1, 12, 31)
        }
        return nil
    }
}

extension Int {
    /// The day of this second, counted from 1970-01-01.
    var days: Int { (self >= 0 ? self : self - Rule.secondsPerDay + 1) / Rule.secondsPerDay }
}
