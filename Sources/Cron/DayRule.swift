/// Which days of a month an expression is due on.
enum DayRule: Hashable, Sendable {
    /// Plain days of the month; day-of-week is `?`.
    case ofMonth(Numbers)
    /// `L-3`: this many days before the last day.
    case last(before: Int)
    /// `L-3W`: the weekday (Monday to Friday) nearest to that day, in the same month.
    case lastWorkday(before: Int)
    /// `15W`: the weekday nearest to this day, in the same month.
    case nearestWorkday(Int)
    /// Weekdays (1 is Sunday), in every week.
    case ofWeek(Numbers)
    /// `6L`: the last such weekday of the month.
    case lastWeekday(Int)
    /// `6#3`: the third such weekday of the month, if it has one. In Quartz, 0 is Saturday, too; there is no 8.
    case nth(Int, weekday: Int)

    /// The due days of a month. A day that the month does not have (31 in April, `31W`, `L-30` in February) is not due
    /// in it.
    ///
    /// - Parameter first: the first day of the month.
    func days(inMonthOf first: CivilDate) -> Numbers {
        let length = first.lengthOfMonth
        switch self {
        case .ofMonth(let days):
            return days.upTo(length)
        case .last(let before):
            return before < length ? [length - before] : []
        case .lastWorkday(let before):
            return Self.workday(nearestTo: length - before, inMonthOf: first)
        case .nearestWorkday(let day):
            return Self.workday(nearestTo: day, inMonthOf: first)
        case .ofWeek(let weekdays):
            let weekday = first.weekday - 1
            return Numbers((1...length).lazy.filter { weekdays.contains((weekday + $0 - 1) % 7 + 1) })
        case .lastWeekday(let weekday):
            let day = Self.earliest(weekday, inMonthOf: first) + 28
            return [day <= length ? day : day - 7]
        case .nth(let count, let weekday):
            guard weekday <= 7 else { return [] }
            let day = Self.earliest(weekday, inMonthOf: first) + 7 * (count - 1)
            return day <= length ? [day] : []
        }
    }

    private static func earliest(_ weekday: Int, inMonthOf first: CivilDate) -> Int {
        (weekday - first.weekday + 7) % 7 + 1
    }

    private static func workday(nearestTo day: Int, inMonthOf first: CivilDate) -> Numbers {
        let length = first.lengthOfMonth
        guard (1...length).contains(day) else { return [] }
        switch (first.weekday + day - 2) % 7 + 1 {
        case 7: return [day == 1 ? 3 : day - 1]
        case 1: return [day == length ? day - 2 : day + 1]
        default: return [day]
        }
    }
}
