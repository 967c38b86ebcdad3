import Foundation

/// The clock on the wall of a time zone. Instants are seconds since 1970-01-01T00:00:00Z; a wall time is an instant plus
/// the offset then in force.
struct ZoneClock {
    let zone: TimeZone
    /// Leaves daylight saving out: the clock of the zone's standard time.
    let standardTimeOnly: Bool

    /// No offset differs from another by more (the largest change since 1970 is 24 hours: Kwajalein in 1993, Apia in
    /// 2011), and no zone has moved its clock twice within this time; in seconds.
    static let window = 90_000

    /// A move of the clock: the first instant of the new offset, and both offsets.
    struct Move: Hashable {
        let instant: Int
        let before: Int
        let after: Int
    }

    /// Seconds ahead of UTC.
    func offset(at instant: Int) -> Int {
        let date = Date(timeIntervalSince1970: Double(instant))
        let offset = zone.secondsFromGMT(for: date)
        return standardTimeOnly ? offset - Int(zone.daylightSavingTimeOffset(for: date)) : offset
    }

    /// The move within (`start`, `end`], which are at most two windows apart.
    func move(after start: Int, before: Int, through end: Int) -> Move? {
        let after = offset(at: end)
        guard before != after else { return nil }
        var (low, high) = (start, end)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: middle) == before { low = middle } else { high = middle }
        }
        return Move(instant: high, before: before, after: after)
    }
}
