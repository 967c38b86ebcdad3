/// Quartz's own search, step by step, because what it does around a move of the clock is the sum of its intermediate
/// stops. Source: the behaviour of `org.quartz.CronExpression.getTimeAfter` (2.5.2) and of `java.util.GregorianCalendar`.
extension Rule {
    /// The first due instant after `instant`, as ``DaylightSaving/quartz`` says.
    func nextAsQuartz(after instant: Int, clock: ZoneClock) -> Int? {
        var calendar = LenientCalendar(instant: instant + 1, clock: clock)
        while true {
            if alignTime(&calendar) { continue }
            guard let moved = alignDate(&calendar) else { return nil }
            if !moved { return calendar.instant }
        }
    }

    /// Brings second, minute and hour forward. True when the search has to start over from the new time.
    private func alignTime(_ calendar: inout LenientCalendar) -> Bool {
        let second = seconds.next(from: calendar.second)
        calendar.set(minute: calendar.minute + (second == nil ? 1 : 0), second: second ?? seconds.first)

        let minute = minutes.next(from: calendar.minute)
        if minute != calendar.minute {
            calendar.setHour(calendar.hour + (minute == nil ? 1 : 0), minute: minute ?? minutes.first)
            return true
        }
        let hour = hours.next(from: calendar.hour)
        if hour != calendar.hour {
            if hour == nil { calendar.day += 1 }
            calendar.setHour(hour ?? hours.first, minute: 0)
            return true
        }
        return false
    }

    /// Brings day, month and year forward. True when the search has to start over, nil when there is no such day.
    private func alignDate(_ calendar: inout LenientCalendar) -> Bool? {
        let date = calendar.date
        let first = CivilDate(year: date.year, month: date.month, day: 1)
        guard let day = days.days(inMonthOf: first).next(from: date.day) else {
            guard date.year <= CivilDate.years.upperBound else { return nil }
            calendar.setMidnight(
                date.month == 12
                    ? CivilDate(year: date.year + 1, month: 1, day: 1)
                    : CivilDate(year: date.year, month: date.month + 1, day: 1))
            return true
        }
        if day != date.day {
            calendar.setMidnight(CivilDate(year: date.year, month: date.month, day: day))
            return true
        }
        guard date.year <= CivilDate.years.upperBound else { return nil }
        let month = months.next(from: date.month)
        if month != date.month {
            let year = date.year + (month == nil ? 1 : 0)
            calendar.setMidnight(CivilDate(year: year, month: month ?? months.first, day: 1))
            return true
        }
        guard let year = years.next(from: date.year) else { return nil }
        if year != date.year { calendar.setMidnight(CivilDate(year: year, month: 1, day: 1)) }
        return year != date.year
    }
}
