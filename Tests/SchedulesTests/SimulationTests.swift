import Cron
import Fixtures
import Foundation
import Projects
import Schedules
import Testing

/// A schedule under a simulated clock: it is checked late, early, twice, after the clock was set forward or back,
/// and forgets everything but what is on disk, as after a restart.
@Suite struct SimulationTests {
    /// What the daemon keeps: how far has been decided, and every record.
    struct Disk {
        var decidedThrough: Date
        var moments: [Moment] = []

        mutating func look(_ rule: ScheduleRule, at now: Date) {
            let due = rule.due(after: decidedThrough, now: now)
            moments += due.moments
            if let last = due.moments.last { decidedThrough = max(decidedThrough, last.logicalTime) }
        }
    }

    @Test(arguments: 0..<40)
    func noMomentIsLostOrDoubledWhateverTheClockDoes(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let zone = try #require(Zone.names.randomElement(using: &random))
        let cron = ["0 */20 * * * ?", "0 30 1-3 * * ?", "0 0 * * * ?", "17 5 2 ? * *"].randomElement(using: &random)!
        let policy = ["run-all", "run-once", "skip"].randomElement(using: &random)!
        let rule = try SchedulesTests.rule("cron: '\(cron)', timezone: \(zone), misfire: \(policy), catch_up: 100000")
        let start = Date(timeIntervalSince1970: Double.random(in: 1_577_836_800..<2_082_758_400, using: &random))
        var (disk, now, latest) = (Disk(decidedThrough: start), start, start)
        for _ in 0..<60 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: now -= Double.random(in: 0..<200_000, using: &random)
            case 1: now += Double.random(in: 0..<900_000, using: &random)
            case 2: break
            default: now += Double.random(in: 0..<4_000, using: &random)
            }
            disk.look(rule, at: now)
            latest = max(latest, now)
        }
        disk.look(rule, at: latest)
        let zoned = try #require(Zone(named: zone))
        let owed = rule.cron.fires(after: start, through: latest, in: zoned, limit: 100_000)
        let times = disk.moments.map(\.logicalTime)
        #expect(times == times.sorted() && Set(times).count == times.count, "each once, in order")
        #expect(disk.moments.reduce(0) { $0 + 1 + $1.missed } == owed.count, "\(cron) \(zone) \(policy)")
        #expect(Set(times).isSubset(of: owed))
        if policy == "run-all" { #expect(times == owed && disk.moments.allSatisfy { $0.skipped == nil }) }
        if policy == "run-once" { #expect(times.last == owed.last && disk.moments.allSatisfy { $0.skipped == nil }) }
    }

    @Test func everyClockChangeOfEveryZoneFiresTheSameInOneLookOrMany() throws {
        var random = SplitMix(state: 7)
        var changes = 0
        for name in TimeZone.knownTimeZoneIdentifiers {
            let zone = try #require(TimeZone(identifier: name))
            let rule = try SchedulesTests.rule(
                "cron: '0 15,45 * * * ?', timezone: \(name), misfire: run-all, catch_up: 1000")
            let daily = try SchedulesTests.rule("cron: '0 30 2 * * ?', timezone: \(name), misfire: run-all")
            var at = Date(timeIntervalSince1970: 1_577_836_800)  // 2020
            while let change = zone.nextDaylightSavingTimeTransition(after: at),
                change.timeIntervalSince1970 < 2_082_758_400
            {
                at = change
                // Four changes a zone on average: all of them take a minute.
                guard Int.random(in: 0..<8, using: &random) == 0 else { continue }
                changes += 1
                for rule in [rule, daily] {
                    let start = change - 90_000
                    var (whole, steps) = (Disk(decidedThrough: start), Disk(decidedThrough: start))
                    whole.look(rule, at: change + 90_000)
                    for now in stride(from: start, through: change + 90_000, by: 1_711) { steps.look(rule, at: now) }
                    steps.look(rule, at: change + 90_000)
                    #expect(whole.moments == steps.moments, "\(name) \(change) \(rule.cron)")
                }
            }
        }
        #expect(changes > 500)
    }
}
