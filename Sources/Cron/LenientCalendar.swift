/// The part of `java.util.GregorianCalendar` that Quartz's search depends on. Setting a field does not resolve it.
/// Reading one resolves all of them into an instant and back. So hour 24 or day 0 becomes another day, a skipped time
/// moves on by the length of the gap, and a repeated time becomes its second occurrence.
struct LenientCalendar {
    let clock: ZoneClock
    private var fields: Fields
    private var isSettled = false
    private var settled = 0

    init(instant: Int, clock: ZoneClock) {
        self.clock = clock
        fields = Self.fields(ofWall: instant + clock.offset(at: instant))
    }

    init(year: Int, month: Int, day: Int, clock: ZoneClock) {
        self.clock = clock
        fields = (year, month, day, 0, 0, 0)
    }

    var year: Int {
        mutating get {
            settle()
            return fields.year
        }
        set {
            fields.year = newValue
            isSettled = false
        }
    }

    /// From 1; 13 is January of the next year.
    var month: Int {
        mutating get {
            settle()
            return fields.month
        }
        set {
            fields.month = newValue
            isSettled = false
        }
    }

    var day: Int {
        mutating get {
            settle()
            return fields.day
        }
        set {
            fields.day = newValue
            isSettled = false
        }
    }

    var hour: Int {
        mutating get {
            settle()
            return fields.hour
        }
        set {
            fields.hour = newValue
            isSettled = false
        }
    }

    var minute: Int {
        mutating get {
            settle()
            return fields.minute
        }
        set {
            fields.minute = newValue
            isSettled = false
        }
    }

    var second: Int {
        mutating get {
            settle()
            return fields.second
        }
        set {
            fields.second = newValue
            isSettled = false
        }
    }

    var instant: Int {
        mutating get {
            settle()
            return settled
        }
    }

    /// 1 (Sunday) to 7.
    var weekday: Int {
        mutating get {
            settle()
            return CivilDate(year: fields.year, month: fields.month, day: fields.day).weekday
        }
    }

    var lengthOfMonth: Int {
        mutating get {
            settle()
            return CivilDate(year: fields.year, month: fields.month, day: 1).lengthOfMonth
        }
    }

    /// Sets the hour. If the clock then shows another hour (in a gap), sets the next one.
    mutating func setHour(_ wanted: Int) {
        hour = wanted
        if hour != wanted, wanted != 24 { hour = wanted + 1 }
    }

    /// Midnight at the start of a day.
    mutating func setMidnight(month: Int, day: Int) {
        (fields.month, fields.day, fields.hour, fields.minute, fields.second) = (month, day, 0, 0, 0)
        isSettled = false
    }

    private typealias Fields = (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int)

    private mutating func settle() {
        guard !isSettled else { return }
        isSettled = true
        let (years, month) = (fields.month - 1).quotientAndRemainder(dividingBy: 12)
        let date = CivilDate(year: fields.year + years, month: month + 1, day: fields.day)
        let time = (fields.hour * 60 + fields.minute) * 60 + fields.second
        settled = clock.instantAsJava(of: date.daysSinceEpoch * Rule.secondsPerDay + time)
        fields = Self.fields(ofWall: settled + clock.offset(at: settled))
    }

    private static func fields(ofWall wall: Int) -> Fields {
        let date = CivilDate(daysSinceEpoch: wall.days)
        let time = wall - wall.days * Rule.secondsPerDay
        return (date.year, date.month, date.day, time / 3_600, time / 60 % 60, time % 60)
    }
}
