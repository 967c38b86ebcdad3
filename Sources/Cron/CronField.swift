/// One field of a Quartz cron expression. Cases are in the order in which fields are written.
public enum CronField: String, Sendable, Hashable, CaseIterable {
    case seconds, minutes, hours
    case dayOfMonth = "day-of-month"
    case month
    case dayOfWeek = "day-of-week"
    case year

    /// The values that can ever be due. Quartz accepts any number as a year.
    var range: ClosedRange<Int> {
        switch self {
        case .seconds, .minutes: 0...59
        case .hours: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 1...7
        case .year: CivilDate.years
        }
    }

    /// The largest `n` of `/n` after a single value. These are Quartz's limits; years have none in Quartz, so the
    /// number of years.
    var largestStep: Int {
        switch self {
        case .seconds, .minutes: 59
        case .hours: 23
        case .dayOfMonth: 31
        case .month: 12
        case .dayOfWeek: 7
        case .year: range.count
        }
    }

    /// Three-letter names, lowest number first.
    var names: [String] {
        switch self {
        case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        default: []
        }
    }

    /// What is allowed here, for the end of an error message.
    var allowed: String {
        switch self {
        case .seconds, .minutes: "0-59, with * , - /"
        case .hours: "0-23, with * , - /"
        case .dayOfMonth: "1-31, with * , - / or alone ? L L-3 LW L-3W 15W"
        case .month: "1-12 or JAN-DEC, with * , - /"
        case .dayOfWeek: "1-7 (1 is SUN) or SUN-SAT, with * , - / or alone ? L 6L 6#3"
        case .year: "\(range.lowerBound)-\(range.upperBound), with * , - /"
        }
    }
}
