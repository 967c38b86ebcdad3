import Foundation
import Testing

@testable import Cron

/// An expression and its first firings in UTC after 2024-01-01 00:00:00 (a Monday), checked against a calendar.
struct Vector: Sendable, CustomTestStringConvertible {
    let expression: String
    let fires: [String]

    init(_ expression: String, _ fires: String...) {
        self.expression = expression
        self.fires = fires
    }

    var testDescription: String { expression }
}

@Suite struct VectorTests {
    static let times: [Vector] = [
        Vector("* * * * * ?", "2024-01-01 00:00:01", "2024-01-01 00:00:02"),
        Vector("0 * * * * ?", "2024-01-01 00:01:00", "2024-01-01 00:02:00"),
        Vector("0 0 11 * * ?", "2024-01-01 11:00:00", "2024-01-02 11:00:00"),
        Vector("5,50 30 1 * * ?", "2024-01-01 01:30:05", "2024-01-01 01:30:50", "2024-01-02 01:30:05"),
        Vector("50/5 59 23 * * ?", "2024-01-01 23:59:50", "2024-01-01 23:59:55", "2024-01-02 23:59:50"),
        Vector("*/40 0 0 * * ?", "2024-01-01 00:00:40", "2024-01-02 00:00:00"),
        Vector("/40 0 0 * * ?", "2024-01-01 00:00:40", "2024-01-02 00:00:00"),
        Vector("0 10-20/5 0 * * ?", "2024-01-01 00:10:00", "2024-01-01 00:15:00", "2024-01-01 00:20:00"),
        Vector("0 0 22-2 * * ?", "2024-01-01 01:00:00", "2024-01-01 02:00:00", "2024-01-01 22:00:00"),
        Vector("0 0 22-3/2 * * ?", "2024-01-01 02:00:00", "2024-01-01 22:00:00", "2024-01-02 00:00:00"),
        Vector("0 58-1 0 * * ?", "2024-01-01 00:01:00", "2024-01-01 00:58:00", "2024-01-01 00:59:00"),
        Vector("\t0  0\t11 *  * ? ", "2024-01-01 11:00:00"),
    ]

    static let daysOfMonth: [Vector] = [
        Vector("0 0 0 31 * ?", "2024-01-31 00:00:00", "2024-03-31 00:00:00", "2024-05-31 00:00:00"),
        Vector("0 0 0 29 2 ?", "2024-02-29 00:00:00", "2028-02-29 00:00:00"),
        Vector("0 0 0 30-2 * ?", "2024-01-02 00:00:00", "2024-01-30 00:00:00", "2024-01-31 00:00:00"),
        Vector("0 0 0 10/10 * ?", "2024-01-10 00:00:00", "2024-01-20 00:00:00", "2024-01-30 00:00:00"),
        Vector("0 0 0 L * ?", "2024-01-31 00:00:00", "2024-02-29 00:00:00", "2024-03-31 00:00:00"),
        Vector("0 0 0 L-3 * ?", "2024-01-28 00:00:00", "2024-02-26 00:00:00"),
        Vector("0 0 0 L-30 * ?", "2024-03-01 00:00:00", "2024-05-01 00:00:00"),
        Vector("0 0 0 LW * ?", "2024-01-31 00:00:00", "2024-02-29 00:00:00", "2024-03-29 00:00:00"),
        Vector("0 0 0 l-2w * ?", "2024-01-29 00:00:00", "2024-02-27 00:00:00", "2024-03-29 00:00:00"),
        Vector("0 0 0 15W * ?", "2024-01-15 00:00:00", "2024-02-15 00:00:00", "2024-03-15 00:00:00"),
        Vector("0 0 0 15W 6 ?", "2024-06-14 00:00:00", "2025-06-16 00:00:00", "2026-06-15 00:00:00"),
        Vector("0 0 0 1W 6,9 ?", "2024-06-03 00:00:00", "2024-09-02 00:00:00", "2025-06-02 00:00:00"),
        Vector("0 0 0 31W 3-4 ?", "2024-03-29 00:00:00", "2025-03-31 00:00:00"),
        Vector("0 0 0 15W,1 * ?", "2024-02-01 00:00:00", "2024-03-01 00:00:00", "2024-04-01 00:00:00"),
    ]

    static let daysOfWeek: [Vector] = [
        Vector("0 0 0 ? * 1", "2024-01-07 00:00:00", "2024-01-14 00:00:00"),
        Vector("0 0 0 ? * mon-FRI", "2024-01-02 00:00:00", "2024-01-03 00:00:00"),
        Vector("0 0 0 ? * FRI-MON", "2024-01-05 00:00:00", "2024-01-06 00:00:00", "2024-01-07 00:00:00"),
        Vector("0 0 0 ? * 2-6/2", "2024-01-03 00:00:00", "2024-01-05 00:00:00", "2024-01-08 00:00:00"),
        Vector("0 0 0 ? * L", "2024-01-06 00:00:00", "2024-01-13 00:00:00"),
        Vector("0 0 0 ? * 6L", "2024-01-26 00:00:00", "2024-02-23 00:00:00", "2024-03-29 00:00:00"),
        Vector("0 0 0 ? * FRIL", "2024-01-26 00:00:00"),
        Vector("0 0 0 ? * 6#3", "2024-01-19 00:00:00", "2024-02-16 00:00:00"),
        Vector("0 0 0 ? * 6#5", "2024-03-29 00:00:00", "2024-05-31 00:00:00"),
        Vector("0 0 0 ? * FRI#1", "2024-01-05 00:00:00", "2024-02-02 00:00:00"),
        Vector("0 0 0 ? * 2#1", "2024-02-05 00:00:00"),
        Vector("0 0 0 ? 2 THU#5", "2024-02-29 00:00:00", "2052-02-29 00:00:00"),
    ]

    static let monthsAndYears: [Vector] = [
        Vector("0 0 0 1 JAN,jul ?", "2024-07-01 00:00:00", "2025-01-01 00:00:00"),
        Vector("0 0 0 1 NOV-FEB ?", "2024-02-01 00:00:00", "2024-11-01 00:00:00", "2024-12-01 00:00:00"),
        Vector("0 0 0 1 5/5 ?", "2024-05-01 00:00:00", "2024-10-01 00:00:00", "2025-05-01 00:00:00"),
        Vector("0 0 0 1 1 ? 2026-2030/2", "2026-01-01 00:00:00", "2028-01-01 00:00:00"),
        Vector("59 59 23 31 12 ? 2199", "2199-12-31 23:59:59"),
        Vector("0 0 0 1 1 ? 2198/1", "2198-01-01 00:00:00", "2199-01-01 00:00:00"),
    ]

    @Test(arguments: times + daysOfMonth + daysOfWeek + monthsAndYears)
    func fires(_ vector: Vector) throws {
        let expression = try CronExpression(vector.expression)
        for dst in DaylightSaving.allCases {
            var instant = try utc("2024-01-01 00:00:00")
            for expected in vector.fires {
                instant = try #require(expression.next(after: instant, in: .gmt, dst: dst))
                #expect(utc(instant) == expected, "\(dst)")
            }
        }
    }

    @Test(arguments: ["0 0 0 1 1 ? 2023", "0 0 0 30 2 ?", "0 0 0 31 4,6,9,11 ?", "0 0 0 1 1 ? 1970-2020"])
    func isNeverDue(_ text: String) throws {
        for dst in DaylightSaving.allCases {
            #expect(try CronExpression(text).next(after: utc("2024-01-01 00:00:00"), in: .gmt, dst: dst) == nil)
        }
    }

    @Test func yearsRunOut() throws {
        let everySecond = try CronExpression("* * * * * ?")
        #expect(everySecond.next(after: try utc("2199-12-31 23:59:59"), in: .gmt) == nil)
        #expect(everySecond.next(after: .distantFuture, in: .gmt) == nil)
        #expect(everySecond.next(after: Date(timeIntervalSince1970: .nan), in: .gmt) == nil)
        #expect(everySecond.next(after: .distantPast, in: .gmt) == Date(timeIntervalSince1970: 0))
    }

    @Test func fractionsOfASecondRoundToWholeSeconds() throws {
        let everySecond = try CronExpression("* * * * * ?")
        let start = try utc("2024-01-01 00:00:00")
        #expect(everySecond.next(after: start.addingTimeInterval(0.5), in: .gmt) == start.addingTimeInterval(1))
        #expect(everySecond.next(after: start.addingTimeInterval(-0.5), in: .gmt) == start)
    }

    @Test func firesAreOpenAtTheStartClosedAtTheEndAndLimited() throws {
        let hourly = try CronExpression("0 0 * * * ?")
        let (start, end) = (try utc("2024-01-01 00:00:00"), try utc("2024-01-01 03:00:00"))
        let hours = hourly.fires(after: start, through: end, in: .gmt).map { utc($0) }
        #expect(hours == ["2024-01-01 01:00:00", "2024-01-01 02:00:00", "2024-01-01 03:00:00"])
        #expect(hourly.fires(after: start, through: end, in: .gmt, limit: 2).count == 2)
        #expect(hourly.fires(after: end, through: start, in: .gmt).isEmpty)
    }
}
