/// The years of an expression, within ``CivilDate/years``: one bit per year.
struct Years: Hashable, Sendable {
    private var words = SIMD4<UInt64>()

    private static let first = CivilDate.years.lowerBound

    static let all = {
        var years = Years()
        for year in CivilDate.years { years.insert(year) }
        return years
    }()

    /// Ignores years outside the range: nothing is ever due in them.
    mutating func insert(_ year: Int) {
        guard CivilDate.years.contains(year) else { return }
        words[(year - Self.first) / 64] |= 1 << UInt64((year - Self.first) % 64)
    }

    func contains(_ year: Int) -> Bool {
        guard CivilDate.years.contains(year) else { return false }
        return words[(year - Self.first) / 64] >> UInt64((year - Self.first) % 64) & 1 == 1
    }

    /// The first due year at or after `year`.
    func next(from year: Int) -> Int? {
        var place = max(year - Self.first, 0)
        while place < 256 {
            let rest = words[place / 64] >> UInt64(place % 64)
            if rest != 0 { return Self.first + place + rest.trailingZeroBitCount }
            place = (place / 64 + 1) * 64
        }
        return nil
    }

    /// The last due year at or before `year`.
    func previous(through year: Int) -> Int? {
        var place = min(year - Self.first, 255)
        while place >= 0 {
            let rest = words[place / 64] << UInt64(63 - place % 64)
            if rest != 0 { return Self.first + place - rest.leadingZeroBitCount }
            place = place / 64 * 64 - 1
        }
        return nil
    }

    /// In order.
    var list: [Int] { CivilDate.years.filter(contains) }
}
