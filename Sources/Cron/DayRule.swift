/// Which days of a month an expression is due on.
enum DayRule: Hashable, Sendable {
    /// The day-of-month field; day-of-week is `?`.
    case ofMonth(MonthDays)
    /// Weekdays (1 is Sunday), in every week.
    case ofWeek(Numbers)
    /// `6L`: the last such weekday of the month.
    case last(weekday: Int)
    /// `6#3`: the third such weekday of the month, if it has one.
    case nth(Int, weekday: Int)

    /// The due days of the month in which `first`, its first day, lies.
    func days(inMonthOf first: CivilDate) -> Numbers {
        let length = first.lengthOfMonth
        switch self {
        case .ofMonth(let rule):
            return rule.days(inMonthOf: first)
        case .ofWeek(let weekdays):
            let weekday = first.weekday - 1
            return Numbers((1...length).lazy.filter { weekdays.contains((weekday + $0 - 1) % 7 + 1) })
        case .last(let weekday):
            let day = Self.earliest(weekday, inMonthOf: first) + 28
            return [day <= length ? day : day - 7]
        case .nth(let count, let weekday):
            let day = Self.earliest(weekday, inMonthOf: first) + 7 * (count - 1)
            return day <= length ? [day] : []
        }
    }

    private static func earliest(_ weekday: Int, inMonthOf first: CivilDate) -> Int {
        (weekday - first.weekday + 7) % 7 + 1
    }
}

/// The day-of-month field: a union of plain days and days counted or moved.
struct MonthDays: Hashable, Sendable {
    /// `15`.
    var days = Numbers()
    /// `L-3`: days before the last one.
    var beforeLast = Numbers()
    /// `15W`: the weekday (Monday to Friday) nearest to this day, in the same month.
    var nearest = Numbers()
    /// `L-3W`.
    var nearestBeforeLast = Numbers()

    /// A day that the month does not have (31 in April, `31W`, `L-30` in February) is not due in it.
    func days(inMonthOf first: CivilDate) -> Numbers {
        let length = first.lengthOfMonth
        var due = days.upTo(length)
        for before in beforeLast where before < length { due.insert(length - before) }
        guard !nearest.isEmpty || !nearestBeforeLast.isEmpty else { return due }
        let fromEnd = nearestBeforeLast.filter { $0 < length }.map { length - $0 }
        for day in Array(nearest.upTo(length)) + fromEnd {
            due.insert(Self.workday(nearestTo: day, length: length, weekday: (first.weekday + day - 2) % 7 + 1))
        }
        return due
    }

    private static func workday(nearestTo day: Int, length: Int, weekday: Int) -> Int {
        switch weekday {
        case 7: day == 1 ? 3 : day - 1
        case 1: day == length ? day - 2 : day + 1
        default: day
        }
    }
}
