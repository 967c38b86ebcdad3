extension CronExpression {
    /// What the expression means in English, such as `at 02:30 on the last Friday of every month`. Different meanings
    /// have different texts.
    public var explanation: String { Explanation(rule: rule).text }
}

/// One phrase each for the times of a day, the days and the years.
private struct Explanation {
    let rule: Rule

    var text: String {
        let separator = time.hasPrefix("every") && days.hasPrefix("every") ? ", " : " "
        let goesOn = rule.isRegular && time.hasPrefix("every") && days == "every day"
        return time + (goesOn ? "" : days.hasPrefix(",") ? days : separator + days) + years
    }

    // MARK: Times

    private var time: String {
        let (hours, minutes, seconds) = (rule.hours, rule.minutes, rule.seconds)
        if hours.count * minutes.count * seconds.count <= 6 {
            let times = hours.flatMap { hour in
                minutes.flatMap { minute in seconds.map { clock(hour, minute, $0) } }
            }
            return "at " + list(times)
        }
        if minutes.count == 1, seconds.count == 1 { return everyHour(at: minutes.first, seconds.first) }
        return (seconds.count == 1 ? everyMinute(at: seconds.first) : everySecond) + ofHours
    }

    /// One time in each of the hours.
    private func everyHour(at minute: Int, _ second: Int) -> String {
        let series = Series(rule.hours)
        let (first, last) = (clock(rule.hours.first, minute, second), clock(rule.hours.last, minute, second))
        switch series.step {
        case 1 where series.count == 24:
            let moment =
                second == 0 ? (minute == 0 ? "" : " at minute \(minute)") : " at \(pair(minute, second)) past it"
            return "every hour" + moment
        case 1: return "every hour from \(first) to \(last)"
        case let step?: return "every \(step) hours from \(first) to \(last)"
        case nil: return "at " + list(rule.hours.map { clock($0, minute, second) })
        }
    }

    private func everyMinute(at second: Int) -> String {
        every("minute", rule.minutes, of: "the hour") + (second == 0 ? "" : " at second \(second)")
    }

    private var everySecond: String {
        let seconds = every("second", rule.seconds, of: "the minute")
        return rule.minutes.count == 60 ? seconds : "\(seconds), in minute\(plural(rule.minutes)) \(runs(rule.minutes))"
    }

    /// `every 15 minutes`, `every 10 minutes from minute 5 of the hour`, `at minutes 1, 2 and 30`.
    private func every(_ unit: String, _ numbers: Numbers, of whole: String) -> String {
        let series = Series(numbers)
        guard let step = series.step else { return "at \(unit)\(plural(numbers)) \(runs(numbers))" }
        let interval = step == 1 ? "every \(unit)" : "every \(step) \(unit)s"
        if numbers.first == 0, 60 % step == 0, series.count == 60 / step { return interval }
        let end = numbers.last + step > 59 ? "" : " to \(numbers.last)"
        return "\(interval) from \(unit) \(numbers.first)\(end) of \(whole)"
    }

    /// A suffix such as `, from 08:00 to 17:59`, for something that repeats within these hours.
    private var ofHours: String {
        let hours = rule.hours
        if hours.count == 24 { return "" }
        if let (first, last) = cyclicRun(hours, through: 0...23) {
            return " from \(pair(first, 0)) to \(pair(last, 59))"
        }
        return " in the hour\(plural(hours)) " + list(hours.map { pad($0) })
    }

    // MARK: Days

    private var days: String {
        switch rule.days {
        case .ofMonth(let days) where days.count == 31: return "every day" + inMonths
        case .ofMonth(let days): return "on day\(plural(days)) \(runs(days)) of \(months)"
        case .last(before: 0): return "on the last day of \(months)"
        case .last(let before): return "\(count(before)) before the last day of \(months)"
        case .lastWorkday(before: 0): return "on the last weekday (Monday to Friday) of \(months)"
        case .lastWorkday(let before):
            return "on the weekday (Monday to Friday) nearest to \(count(before)) before the last day of \(months)"
        case .nearestWorkday(let day): return "on the weekday (Monday to Friday) nearest to day \(day) of \(months)"
        case .ofWeek(let weekdays) where weekdays.count == 7: return "every day" + inMonths
        case .ofWeek(let weekdays): return names(of: weekdays) + inMonths
        case .lastWeekday(let weekday): return "on the last \(Self.weekdays[weekday - 1]) of \(months)"
        case .nth(let nth, let weekday):
            let ordinal = ["first", "second", "third", "fourth", "fifth"][nth - 1]
            let name = weekday > 7 ? "weekday \(weekday)" : Self.weekdays[(weekday + 6) % 7]
            return "on the \(ordinal) \(name) of \(months)"
        }
    }

    private func names(of weekdays: Numbers) -> String {
        if weekdays.count > 2, let (first, last) = cyclicRun(weekdays, through: 1...7) {
            return ", \(Self.weekdays[first - 1]) to \(Self.weekdays[last - 1])"
        }
        // Readers start the week on Monday, Quartz on Sunday.
        let fromMonday = weekdays.filter { $0 > 1 } + weekdays.filter { $0 == 1 }
        return "every " + list(fromMonday.map { Self.weekdays[$0 - 1] })
    }

    private var months: String { rule.months.count == 12 ? "every month" : monthNames }
    private var inMonths: String { rule.months.count == 12 ? "" : " in \(monthNames)" }

    private var monthNames: String {
        if rule.months.count > 2, let (first, last) = cyclicRun(rule.months, through: 1...12) {
            return "\(Self.months[first - 1]) to \(Self.months[last - 1])"
        }
        return list(rule.months.map { Self.months[$0 - 1] })
    }

    private var years: String {
        let years = rule.years.list
        guard let first = years.first, let last = years.last else { return ", in no year from 1970 to 2199" }
        if years.count == CivilDate.years.count { return "" }
        if years.count == last - first + 1, years.count > 2 {
            return last == CivilDate.years.upperBound ? ", from \(first) on" : ", from \(first) to \(last)"
        }
        let step = years.count > 1 ? years[1] - first : 1
        if years.count > 3, years == Array(stride(from: first, through: last, by: step)) {
            return ", every \(step) years from \(first) to \(last)"
        }
        return ", in " + list(runs(years))
    }

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    // MARK: Words

    private func clock(_ hour: Int, _ minute: Int, _ second: Int) -> String {
        second == 0 ? pair(hour, minute) : "\(pair(hour, minute)):\(pad(second))"
    }

    private func pair(_ first: Int, _ second: Int) -> String { "\(pad(first)):\(pad(second))" }

    private func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private func plural(_ numbers: Numbers) -> String { numbers.count == 1 ? "" : "s" }

    private func count(_ days: Int) -> String { days == 1 ? "1 day" : "\(days) days" }

    private func list(_ words: [String]) -> String {
        words.count < 2
            ? words.joined() : words.dropLast().joined(separator: ", ") + " and " + words[words.count - 1]
    }

    private func runs(_ numbers: Numbers) -> String { list(runs(Array(numbers))) }

    /// `1`, `5 to 9`: three or more consecutive numbers become one range.
    private func runs(_ numbers: [Int]) -> [String] {
        var runs: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = runs.last, last.upperBound == number - 1 {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.flatMap { $0.count > 2 ? ["\($0.lowerBound) to \($0.upperBound)"] : $0.map(String.init) }
    }

    /// First and last of consecutive numbers; the run may wrap past the end of the range.
    private func cyclicRun(_ numbers: Numbers, through range: ClosedRange<Int>) -> (first: Int, last: Int)? {
        let starts = numbers.filter { number in
            !numbers.contains(number == range.lowerBound ? range.upperBound : number - 1)
        }
        guard starts.count == 1 else { return nil }
        let last = starts[0] + numbers.count - 1
        return (starts[0], last > range.upperBound ? last - range.count : last)
    }
}

/// Numbers, with their step if it is constant and there are at least three.
private struct Series {
    let count: Int
    let step: Int?

    init(_ numbers: Numbers) {
        let all = Array(numbers)
        count = all.count
        let steps = Set(zip(all, all.dropFirst()).map { $1 - $0 })
        step = all.count > 2 && steps.count == 1 ? steps.first : nil
    }
}
