import Fixtures
import Foundation
import Testing

@testable import Cron

/// All clock changes of all zones from 2020 to 2035. The oracle is a clock that ticks by the minute.
@Suite struct WalkTests {
    /// One zone for each different series of clock changes in these years.
    static let zones: [Zone] = {
        var seen: Set<[ZoneClock.Move]> = []
        return Zone.names.compactMap(Zone.init(named:)).filter { seen.insert(moves(of: $0)).inserted }
    }()

    static func moves(of zone: Zone) -> [ZoneClock.Move] {
        zone.wall.moves(after: 1_577_836_800, through: 2_082_758_400)
    }

    @Test func thereAreZonesToWalk() { #expect(Self.zones.count > 40) }

    @Test(arguments: [DaylightSaving.wallOnce, .elapsed]) func noMomentIsLostOrDoubled(dst: DaylightSaving) throws {
        var random = SplitMix(state: 20)
        var fires = 0
        for zone in Self.zones {
            for move in Self.moves(of: zone) {
                let (text, matches) = times(using: &random)
                let start = (move.instant - Int.random(in: 0...30_000, using: &random)) / 60 * 60
                let end = start + 100_000
                let clock = dst == .elapsed ? zone.standard : zone.wall
                let isRegular = text.hasPrefix("0") && text.split(separator: " ")[2] == "*"
                let expected = watch(clock, from: start, through: end, isRegular: isRegular, matches: matches)
                let found = try CronExpression(text).fires(
                    after: date(start), through: date(end), in: zone, dst: dst, limit: 100_000)
                #expect(found.map { Int($0.timeIntervalSince1970) } == expected, "\(text) \(zone.name) \(start)")
                fires += expected.count
            }
        }
        #expect(fires > 10_000)
    }

    /// The fires are the same however the time line is split, and in both directions.
    @Test(arguments: [DaylightSaving.wallOnce, .elapsed]) func everyPartitionHasTheSameFires(dst: DaylightSaving) throws
    {
        var random = SplitMix(state: 35)
        for zone in Self.zones {
            for move in Self.moves(of: zone).prefix(8) {
                let expression = try CronExpression("0 0/15 1-3,22-23 * * ?")
                let (start, end) = (move.instant - 90_000, move.instant + 90_000)
                let whole = expression.fires(after: date(start), through: date(end), in: zone, dst: dst)
                let cuts = [start] + (0..<6).map { _ in Int.random(in: start...end, using: &random) }.sorted() + [end]
                let pieces = zip(cuts, cuts.dropFirst()).flatMap {
                    expression.fires(after: date($0), through: date($1), in: zone, dst: dst)
                }
                #expect(pieces == whole, "\(zone.name) \(move)")
                for cut in cuts {
                    let before = expression.previous(through: date(cut), in: zone, dst: dst)
                    let last = whole.last { $0 <= date(cut) }
                    #expect(
                        last == nil ? before.map { $0 <= date(start) } == true : before == last, "\(zone.name) \(cut)")
                }
            }
        }
    }

    /// The neighbours of a moment are right: the last fire up to it, and the first fire after it.
    @Test(arguments: DaylightSaving.allCases) func previousIsTheLastOfTheFires(dst: DaylightSaving) throws {
        var random = SplitMix(state: 5)
        let zones = Self.zones
        for _ in 0..<4_000 {
            let expression = try CronExpression(anyExpression(using: &random))
            let zone = try #require(zones.randomElement(using: &random))
            let instant = date(Int.random(in: 0...3_000_000_000, using: &random))
            guard let before = expression.previous(through: instant, in: zone, dst: dst) else {
                let first = expression.next(after: date(-1_000_000), in: zone, dst: dst)
                #expect(first.map { $0 > instant } ?? true, "\(expression) \(zone.name) \(instant)")
                continue
            }
            #expect(before <= instant)
            let next = expression.next(after: before, in: zone, dst: dst)
            #expect(next.map { $0 > instant } ?? true, "\(expression) \(zone.name) \(instant)")
            guard dst != .quartz else { continue }
            #expect(
                expression.next(after: before.addingTimeInterval(-1), in: zone, dst: dst) == before,
                "\(expression) \(zone.name)")
            #expect(
                next == expression.next(after: instant, in: zone, dst: dst), "\(expression) \(zone.name) \(instant)")
        }
    }

    private func date(_ instant: Int) -> Date { Date(timeIntervalSince1970: Double(instant)) }

    /// Minutes and hours of a random expression, and what they mean.
    private func times(using random: inout SplitMix) -> (text: String, matches: (Int) -> Bool) {
        let step = [7, 10, 15, 30].randomElement(using: &random) ?? 15
        let minute = Int.random(in: 0...59, using: &random)
        let from = Int.random(in: 0...23, using: &random)
        let to = Int.random(in: 0...23, using: &random)
        let isIn = { (hour: Int) in from <= to ? (from...to).contains(hour) : hour >= from || hour <= to }
        let (hours, hourMatches): (String, (Int) -> Bool) =
            if (to - from + 24) % 24 == 23 || Int.random(in: 0...3, using: &random) == 0 {
                ("*", { _ in true })
            } else {
                ("\(from)-\(to)", isIn)
            }
        if Bool.random(using: &random) {
            return ("0 \(minute) \(hours) * * ?", { $0 / 60 % 60 == minute && hourMatches($0 / 3_600 % 24) })
        }
        return ("0 0/\(step) \(hours) * * ?", { $0 / 60 % 60 % step == 0 && hourMatches($0 / 3_600 % 24) })
    }

    private func watch(
        _ clock: ZoneClock, from start: Int, through end: Int, isRegular: Bool, matches: (Int) -> Bool
    ) -> [Int] {
        var latest: Int?
        var due: [Int] = []
        // Everything skipped or repeated in the day and more before the start must be known.
        for instant in stride(from: start - 100_000 / 60 * 60, through: end, by: 60) {
            let wall = instant + clock.offset(at: instant)
            defer { latest = max(latest ?? wall, wall) }
            if isRegular {
                if matches(wall), instant > start { due.append(instant) }
            } else if latest.map({ wall > $0 }) ?? true {
                let isDue = stride(from: latest.map { $0 + 60 } ?? wall, through: wall, by: 60).contains(where: matches)
                if isDue, instant > start { due.append(instant) }
            }
        }
        return due
    }
}
