import Fixtures
import Foundation
import Testing

@testable import Cron

/// Compares with an oracle that knows nothing of searching: it watches the clock tick and asks at each tick whether the
/// time shown (and any it jumped over) matches.
@Suite struct OracleTests {
    static let zones = [
        "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo",
        "Africa/Casablanca", "Asia/Kolkata",
    ]

    @Test(arguments: zones) func agreesMinuteByMinute(_ name: String) throws {
        let zone = try zone(name)
        var random = SplitMix(state: name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
        let moves = zone.wall.moves(after: 1_200_000_000, through: 1_900_000_000).map(\.instant)
        for _ in 0..<60 {
            let generated = GeneratedExpression(using: &random)
            let around = moves.randomElement(using: &random) ?? 1_700_000_040
            let start = (around - Int.random(in: 0...172_800, using: &random)) / 60 * 60
            let end = start + 4 * 86_400
            let expected = Self.watch(generated, zone, from: start, through: end)
            let expression = try CronExpression(generated.text)
            let found = expression.fires(
                after: Date(timeIntervalSince1970: Double(start)), through: Date(timeIntervalSince1970: Double(end)),
                in: zone, limit: 10_000)
            #expect(found.map { Int($0.timeIntervalSince1970) } == expected, "\(generated.text) \(name) \(start)")
        }
    }

    /// The minutes of (`start`, `end`] on which the generated expression is due.
    private static func watch(_ rule: GeneratedExpression, _ zone: Zone, from start: Int, through end: Int) -> [Int] {
        func shown(_ instant: Int) -> Int {
            instant + zone.offset(at: Date(timeIntervalSince1970: Double(instant)))
        }
        var latest = Int.min
        var due: [Int] = []
        for instant in stride(from: start - 2 * 86_400, through: end, by: 60) {
            let wall = shown(instant)
            let isDue: Bool
            if rule.isRegular {
                isDue = rule.matches(wall)
            } else if wall > latest {
                let skippedFrom = latest == Int.min ? wall : latest + 60
                isDue = stride(from: skippedFrom, through: wall, by: 60).contains(where: rule.matches)
            } else {
                isDue = false
            }
            latest = max(latest, wall)
            if isDue, instant > start { due.append(instant) }
        }
        return due
    }
}

/// A random expression due at second 0, with its own plain reading of what its fields mean.
struct GeneratedExpression {
    let text: String
    let isRegular: Bool
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let days: @Sendable (_ day: Int, _ length: Int, _ weekday: Int) -> Bool

    init(using random: inout SplitMix) {
        let minute = Self.field(0...59, using: &random)
        let hour = Self.field(0...23, using: &random)
        let day = Self.dayField(using: &random)
        text = "0 \(minute.text) \(hour.text) \(day.text)"
        (minutes, hours, days) = (minute.values, hour.values, day.rule)
        isRegular = hour.values.count == 24
    }

    func matches(_ wall: Int) -> Bool {
        guard minutes.contains(wall / 60 % 60), hours.contains(wall / 3_600 % 24) else { return false }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let date = Date(timeIntervalSince1970: Double(wall))
        let parts = calendar.dateComponents([.day, .weekday], from: date)
        guard let day = parts.day, let weekday = parts.weekday,
            let length = calendar.range(of: .day, in: .month, for: date)?.count
        else { return false }
        return days(day, length, weekday)
    }

    private static func field(_ range: ClosedRange<Int>, using random: inout SplitMix) -> (
        text: String, values: Set<Int>
    ) {
        let (a, b) = (Int.random(in: range, using: &random), Int.random(in: range, using: &random))
        let step = Int.random(in: 1...12, using: &random)
        switch Int.random(in: 0...5, using: &random) {
        case 0: return ("*", Set(range))
        case 1: return ("\(a)", [a])
        case 2: return ("\(a),\(b)", [a, b])
        case 3: return ("\(a)/\(step)", Set(range.filter { $0 >= a && ($0 - a) % step == 0 }))
        case 4: return ("*/\(step)", Set(range.filter { $0 % step == 0 }))
        default: return ("\(a)-\(b)", Set(range.filter { a <= b ? (a...b).contains($0) : $0 >= a || $0 <= b }))
        }
    }

    private static func dayField(
        using random: inout SplitMix
    ) -> (text: String, rule: @Sendable (Int, Int, Int) -> Bool) {
        let n = Int.random(in: 1...7, using: &random)
        switch Int.random(in: 0...6, using: &random) {
        case 0: return ("L * ?", { day, length, _ in day == length })
        case 1: return ("L-\(n) * ?", { day, length, _ in day == length - n })
        case 2: return ("? * \(n)L", { day, length, weekday in weekday == n && day + 7 > length })
        case 3: return ("? * \(n)#5", { day, _, weekday in weekday == n && day > 28 })
        case 4: return ("? * \(n)", { _, _, weekday in weekday == n })
        default: return ("* * ?", { _, _, _ in true })
        }
    }
}
