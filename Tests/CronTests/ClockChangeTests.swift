import Foundation
import Testing

@testable import Cron

/// An expression, a zone, the UTC time to start from, and its next firings as the zone's clock shows them.
struct ClockChange: Sendable, CustomTestStringConvertible {
    let expression: String
    let zone: String
    let dst: DaylightSaving
    let start: String
    let walls: [String]

    init(_ dst: DaylightSaving, _ expression: String, _ zone: String, _ start: String, _ walls: String...) {
        (self.dst, self.expression, self.zone, self.start, self.walls) = (dst, expression, zone, start, walls)
    }

    var testDescription: String { "\(dst) \(expression) \(zone) \(start)" }
}

@Suite struct ClockChangeTests {
    static let berlin = "Europe/Berlin"  // 2024-03-31 02:00 → 03:00, 2024-10-27 03:00 → 02:00
    static let newYork = "America/New_York"  // 2024-03-10 02:00 → 03:00, 2024-11-03 02:00 → 01:00
    static let lordHowe = "Australia/Lord_Howe"  // 2024-10-06 02:00 → 02:30, 2024-04-07 02:00 → 01:30
    static let apia = "Pacific/Apia"  // no 2011-12-30

    static let wallOnce: [ClockChange] = [
        ClockChange(
            .wallOnce, "0 30 2 * * ?", berlin, "2024-03-30 00:00:00",
            "2024-03-30 02:30:00 +60", "2024-03-31 03:00:00 +120", "2024-04-01 02:30:00 +120"),
        ClockChange(
            .wallOnce, "0 30 2 * * ?", berlin, "2024-10-26 12:00:00",
            "2024-10-27 02:30:00 +120", "2024-10-28 02:30:00 +60"),
        ClockChange(  // several skipped times, and 03:00 itself, are one firing
            .wallOnce, "0 0/15 2,3 * * ?", berlin, "2024-03-31 00:00:00",
            "2024-03-31 03:00:00 +120", "2024-03-31 03:15:00 +120"),
        ClockChange(  // asked in the middle of the second showing
            .wallOnce, "0 45 2 * * ?", berlin, "2024-10-27 01:10:00", "2024-10-28 02:45:00 +60"),
        ClockChange(
            .wallOnce, "0 0 */2 * * ?", berlin, "2024-10-26 22:30:00",
            "2024-10-27 02:00:00 +120", "2024-10-27 04:00:00 +60"),
        ClockChange(  // every hour: real time, both showings
            .wallOnce, "0 30 * * * ?", berlin, "2024-10-27 00:00:00",
            "2024-10-27 02:30:00 +120", "2024-10-27 02:30:00 +60", "2024-10-27 03:30:00 +60"),
        ClockChange(
            .wallOnce, "0 30 0-23 * * ?", berlin, "2024-03-31 00:00:00",
            "2024-03-31 01:30:00 +60", "2024-03-31 03:30:00 +120"),
        ClockChange(
            .wallOnce, "0 30 1 * * ?", newYork, "2024-11-02 12:00:00",
            "2024-11-03 01:30:00 -240", "2024-11-04 01:30:00 -300"),
        ClockChange(
            .wallOnce, "0 15 2 ? * SUN", newYork, "2024-03-09 12:00:00",
            "2024-03-10 03:00:00 -240", "2024-03-17 02:15:00 -240"),
        ClockChange(
            .wallOnce, "0 15 2 * * ?", lordHowe, "2024-10-05 12:00:00",
            "2024-10-06 02:30:00 +660", "2024-10-07 02:15:00 +660"),
        ClockChange(
            .wallOnce, "0 45 1 * * ?", lordHowe, "2024-04-06 12:00:00",
            "2024-04-07 01:45:00 +660", "2024-04-08 01:45:00 +630"),
        ClockChange(
            .wallOnce, "0 0/15 * * * ?", lordHowe, "2024-04-06 14:40:00",
            "2024-04-07 01:45:00 +660", "2024-04-07 01:30:00 +630", "2024-04-07 01:45:00 +630"),
        ClockChange(
            .wallOnce, "0 0 9 * * ?", apia, "2011-12-29 00:00:00",
            "2011-12-29 09:00:00 -600", "2011-12-31 00:00:00 +840", "2011-12-31 09:00:00 +840"),
        ClockChange(
            .wallOnce, "0 0 9 30 12 ?", apia, "2011-01-01 00:00:00",
            "2011-12-31 00:00:00 +840", "2012-12-30 09:00:00 +840"),
    ]

    /// The answers of Quartz on Java 17.
    static let quartz: [ClockChange] = [
        ClockChange(
            .quartz, "0 30 2 * * ?", berlin, "2024-03-30 12:00:00", "2024-04-01 02:30:00 +120"),
        ClockChange(
            .quartz, "0 30 2 * * ?", berlin, "2024-10-26 12:00:00",
            "2024-10-27 02:30:00 +60", "2024-10-28 02:30:00 +60"),
        ClockChange(
            .quartz, "0 30 * * * ?", berlin, "2024-10-26 23:00:00",
            "2024-10-27 01:30:00 +120", "2024-10-27 02:30:00 +60", "2024-10-27 03:30:00 +60"),
        ClockChange(.quartz, "0 0 9 * * ?", apia, "2011-12-29 20:00:00", "2011-12-31 09:00:00 +840"),
        ClockChange(.quartz, "0 15 2 * * ?", lordHowe, "2024-10-05 12:00:00", "2024-10-07 02:15:00 +660"),
    ]

    static let elapsed: [ClockChange] = [
        ClockChange(
            .elapsed, "0 30 2 * * ?", berlin, "2024-03-30 12:00:00",
            "2024-03-31 03:30:00 +120", "2024-04-01 03:30:00 +120"),
        ClockChange(
            .elapsed, "0 30 2 * * ?", berlin, "2024-10-26 12:00:00",
            "2024-10-27 02:30:00 +60", "2024-10-28 02:30:00 +60"),
        ClockChange(.elapsed, "0 0 9 * * ?", lordHowe, "2024-01-01 00:00:00", "2024-01-02 09:30:00 +660"),
        ClockChange(.elapsed, "0 0 9 ? 7 6L", newYork, "2024-01-01 00:00:00", "2024-07-26 10:00:00 -240"),
    ]

    @Test(arguments: wallOnce + quartz + elapsed) func follows(_ change: ClockChange) throws {
        let expression = try CronExpression(change.expression)
        let zone = try zone(change.zone)
        var instant = try utc(change.start)
        for expected in change.walls {
            instant = try #require(expression.next(after: instant, in: zone, dst: change.dst))
            #expect(wall(instant, zone) == expected)
        }
    }
}
