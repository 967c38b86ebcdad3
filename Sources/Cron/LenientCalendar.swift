/// The part of `java.util.GregorianCalendar` that Quartz's search rests on: a wall time that is set is turned into an
/// instant and read back at once, so a skipped one moves on by the length of the gap, and one shown twice becomes its
/// second showing.
struct LenientCalendar {
    private let clock: ZoneClock
    private(set) var instant: Int
    /// What the clock shows at `instant`, in seconds since 1970-01-01 00:00:00 on the wall.
    private(set) var wall: Int
    /// A day that is set without being read back until the hour is set too.
    var day: Int

    init(instant: Int, clock: ZoneClock) {
        self.clock = clock
        self.instant = instant
        wall = instant + clock.offset(at: instant)
        day = Self.dayNumber(wall)
    }

    var second: Int { wall - day * Rule.secondsPerDay - hour * 3_600 - minute * 60 }
    var minute: Int { (wall - day * Rule.secondsPerDay) / 60 % 60 }
    var hour: Int { (wall - day * Rule.secondsPerDay) / 3_600 }
    var date: CivilDate { CivilDate(daysSinceEpoch: day) }

    /// Sets minute and second; minute 60 is the next hour's first.
    mutating func set(minute: Int, second: Int) {
        settle(day * Rule.secondsPerDay + hour * 3_600 + minute * 60 + second)
    }

    /// Sets hour and minute, at second 0, of `day`. If the clock then shows another hour, sets the hour after.
    mutating func setHour(_ hour: Int, minute: Int) {
        let start = day * Rule.secondsPerDay
        settle(start + hour * 3_600 + minute * 60)
        guard self.hour != hour, hour != 24 else { return }
        settle(day * Rule.secondsPerDay + (hour + 1) * 3_600 + self.minute * 60)
    }

    mutating func setMidnight(_ date: CivilDate) { settle(date.daysSinceEpoch * Rule.secondsPerDay) }

    private mutating func settle(_ wanted: Int) {
        let guess = wanted - (wall - instant)
        let earlier = guess - ZoneClock.window
        let before = clock.offset(at: earlier)
        let move = clock.move(after: earlier, before: before, through: guess + ZoneClock.window)
        if let move, wanted >= move.instant + move.after {
            instant = wanted - move.after
            wall = wanted
        } else {
            instant = wanted - before
            wall = instant + clock.offset(at: instant)
        }
        day = Self.dayNumber(wall)
    }

    private static func dayNumber(_ wall: Int) -> Int {
        (wall >= 0 ? wall : wall - Rule.secondsPerDay + 1) / Rule.secondsPerDay
    }
}
