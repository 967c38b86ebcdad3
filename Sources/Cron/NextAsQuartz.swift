/// Quartz's own search, step by step. Its results around a clock change, and around a month end with `W`, depend on its
/// intermediate stops, so only the same steps give the same results. Source: `org.quartz.CronExpression.getTimeAfter`
/// of 2.3.2.
extension Rule {
    /// The first due instant after `instant`, as ``DaylightSaving/quartz`` says; also nil where Quartz would search
    /// forever.
    func nextAsQuartz(after instant: Int, clock: ZoneClock) -> Int? {
        if case .nth(_, let weekday) = days, weekday > 7 { return nil }
        var calendar = LenientCalendar(instant: instant + 1, clock: clock)
        // More steps than any search takes that ends: ten for each month of all years.
        for _ in 0..<CivilDate.years.count * 12 * 10 {
            if alignTime(&calendar) || alignDay(&calendar, after: instant) { continue }
            guard let moved = alignMonthAndYear(&calendar) else { return nil }
            if !moved { return calendar.instant }
        }
        return nil
    }

    /// The last fire of ``nextAsQuartz(after:clock:)`` that is not after `instant`.
    ///
    /// Quartz 2.3.2 cannot search backwards. So this walks forward from before the last matching time. If that time is
    /// not due, it starts earlier and earlier.
    func previousAsQuartz(through instant: Int, clock: ZoneClock) -> Int? {
        guard let matching = previousOnWall(through: instant, clock: clock) else { return nil }
        var reach = 1
        while true {
            let start = max(matching - reach, -1)
            var due: Int?
            while let next = nextAsQuartz(after: due ?? start, clock: clock), next <= instant { due = next }
            if due != nil || start == -1 { return due }
            reach *= 8
        }
    }

    /// Moves second, minute and hour forward. True when the search must restart from the new time.
    private func alignTime(_ calendar: inout LenientCalendar) -> Bool {
        if let second = seconds.next(from: calendar.second) {
            calendar.second = second
        } else {
            calendar.minute += 1
            calendar.second = seconds.first
        }

        let (minute, hour) = (calendar.minute, calendar.hour)
        let dueMinute = minutes.next(from: minute)
        if dueMinute != minute {
            calendar.second = 0
            calendar.minute = dueMinute ?? minutes.first
            calendar.setHour(dueMinute == nil ? hour + 1 : hour)
            return true
        }
        calendar.minute = minute

        let (shown, day) = (calendar.hour, calendar.day)
        let dueHour = hours.next(from: shown)
        if dueHour != shown {
            calendar.second = 0
            calendar.minute = 0
            calendar.day = dueHour == nil ? day + 1 : day
            calendar.setHour(dueHour ?? hours.first)
            return true
        }
        calendar.hour = shown
        return false
    }

    /// Moves the day forward (or, with `W`, back). True when the search must restart from the new day.
    private func alignDay(_ calendar: inout LenientCalendar, after instant: Int) -> Bool {
        let (day, month) = (calendar.day, calendar.month)
        let length = calendar.lengthOfMonth
        var due: (month: Int, day: Int)
        switch days {
        case .ofMonth(let days):
            due = days.next(from: day).flatMap { $0 <= length ? (month, $0) : nil } ?? (month + 1, days.first)
        case .last(let before):
            due = length - before >= day ? (month, length - before) : (month + 1, 1)
        case .lastWorkday(let before):
            due = workday(nearestTo: length - before, of: &calendar, after: instant) ?? (month + 1, 1)
        case .nearestWorkday(let wanted):
            due = workday(nearestTo: wanted, of: &calendar, after: instant) ?? (month + 1, wanted)
        case .ofWeek, .lastWeekday, .nth:
            let first = CivilDate(year: calendar.year, month: month, day: 1)
            due = days.days(inMonthOf: first).next(from: day).map { (month, $0) } ?? (month + 1, 1)
        }
        if due == (month, day) {
            calendar.day = day
            return false
        }
        calendar.setMidnight(month: due.month, day: due.day)
        return true
    }

    /// The weekday nearest to a day of the calendar's month, which may lie outside that month; nil when it has already
    /// passed at the calendar's time of day.
    private func workday(
        nearestTo day: Int, of calendar: inout LenientCalendar, after instant: Int
    ) -> (month: Int, day: Int)? {
        let month = calendar.month
        var trial = LenientCalendar(year: calendar.year, month: month, day: day, clock: calendar.clock)
        var nearest = day
        switch trial.weekday {
        case 7: nearest += day == 1 ? 2 : -1
        case 1: nearest += day == calendar.lengthOfMonth ? -2 : 1
        default: break
        }
        (trial.month, trial.day) = (month, nearest)
        (trial.hour, trial.minute, trial.second) = (calendar.hour, calendar.minute, calendar.second)
        return trial.instant > instant ? (month, nearest) : nil
    }

    /// Moves month and year forward. True when the search must restart; nil when there is no such year.
    private func alignMonthAndYear(_ calendar: inout LenientCalendar) -> Bool? {
        let (month, year) = (calendar.month, calendar.year)
        guard year <= CivilDate.years.upperBound else { return nil }
        let dueMonth = months.next(from: month)
        if dueMonth != month {
            calendar.setMidnight(month: dueMonth ?? months.first, day: 1)
            calendar.year = dueMonth == nil ? year + 1 : year
            return true
        }
        calendar.month = month
        guard let dueYear = years.next(from: calendar.year) else { return nil }
        if dueYear != calendar.year {
            calendar.setMidnight(month: 1, day: 1)
            calendar.year = dueYear
            return true
        }
        return false
    }
}
