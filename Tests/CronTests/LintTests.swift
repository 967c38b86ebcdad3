import Foundation
import Testing

@testable import Cron

/// A text that Quartz accepts, the lint about it, and an expression that states its meaning plainly.
struct Lenient: Sendable, CustomTestStringConvertible {
    let text: String
    let column: Int
    let message: String
    let plain: String

    init(_ text: String, _ column: Int, _ message: String, _ plain: String) {
        (self.text, self.column, self.message, self.plain) = (text, column, message, plain)
    }

    var testDescription: String { text }
}

@Suite struct LintTests {
    static let lenient: [Lenient] = [
        Lenient(
            "0 0 0 ? * MON-FRI/2", 18, "“/2” after a range of names is ignored; write numbers: 2-6/2", "0 0 0 ? * 2-6"),
        Lenient("0 0 0 ? * MON/2", 14, "“/2” after a name is ignored; write a number: 2/2", "0 0 0 ? * 2"),
        Lenient("0 0 0 1 JANUARY ?", 12, "“UARY” after a name is ignored; leave it out", "0 0 0 1 1 ?"),
        Lenient("0 0 0 ? * FRILX", 15, "“X” after a name is ignored", "0 0 0 ? * 6L"),
        Lenient("0 0 0 ? * LW", 12, "“W” after “L” is ignored", "0 0 0 ? * 7"),
        Lenient("0 0 0 ? * 6LX", 13, "“X” after a value is ignored", "0 0 0 ? * 6L"),
        Lenient("0 5-10x * * * ?", 7, "“X” after a range is ignored", "0 5-10 * * * ?"),
        Lenient("0 *5 * * * ?", 4, "“5” after “*” is ignored", "0 * * * * ?"),
        Lenient("0 5x * * * ?", 4, "“X” after a value is ignored", "0 5 * * * ?"),
        Lenient("0 5/10x * * * ?", 7, "“X” after a value is ignored", "0 5/10 * * * ?"),
        Lenient("0 0 0 ?5 * 2", 8, "“5” after “?” is ignored", "0 0 0 ? * 2"),
        Lenient("0 0/0 * * * ?", 3, "a step of 0 is ignored; write 0", "0 0 * * * ?"),
        Lenient("0 */0 * * * ?", 3, "a step of 0 is ignored; write *", "0 * * * * ?"),
        Lenient("0 */-5 * * * ?", 3, "a step of -5 is ignored; write *", "0 * * * * ?"),
        Lenient("0 5-10/0 * * * ?", 3, "a step of 0 is ignored; write 5", "0 5 * * * ?"),
        Lenient("0 5-10/99 * * * ?", 3, "a step of 99 is beyond the field: only 5 is due; write 5", "0 5 * * * ?"),
        Lenient("0 1,,2 * * * ?", 5, "an empty item of the list is ignored; leave out the comma", "0 1,2 * * * ?"),
        Lenient("0 1, * * * ?", 5, "an empty item of the list is ignored", "0 1 * * * ?"),
        Lenient("0 L,5 * * * ?", 3, "“L” is ignored in this field", "0 5 * * * ?"),
        Lenient("0 0 99 * * ?", 5, "99 is read as *; write *", "0 0 * * * ?"),
        Lenient("0 0 0 98 * MON", 7, "98 is read as ?; write ?", "0 0 0 ? * 2"),
        Lenient(
            "0 0 0 1,? * MON", 7, "“?” in a list stands for the whole field: the other days are ignored", "0 0 0 ? * 2"),
        Lenient("0 0 0 20,15W * ?", 7, "only the first day of a list counts: read as 15W", "0 0 0 15W * ?"),
        Lenient("0 0 0 ? * 2,6#3", 11, "only the first weekday of a list counts: read as 2#3", "0 0 0 ? * 2#3"),
        Lenient("0 0 0 ? * 0#3", 11, "weekday 0 is read as 7 (SAT); write 7", "0 0 0 ? * 7#3"),
        Lenient("0 0 0 3-0 * ?", 9, "0 is read as 31; write that", "0 0 0 3-31 * ?"),
        Lenient("0 0 0 L-W * ?", 9, "“L-” without a number is read as “L”; leave out “-”", "0 0 0 LW * ?"),
        Lenient("0 0 0 1 1 ? 2030 x", 18, "what follows the year is ignored; leave it out", "0 0 0 1 1 ? 2030"),
    ]

    @Test(arguments: lenient) func isToldAndReadAsQuartzDoes(_ lenient: Lenient) throws {
        let expression = try CronExpression(lenient.text)
        let lint = try #require(expression.lints.first)
        #expect(expression.lints.count == 1 && lint.column == lenient.column, "\(expression.lints)")
        #expect(lint.message.contains(lenient.message), "\(lint.message)")
        let plain = try CronExpression(lenient.plain)
        #expect(plain.lints.isEmpty)
        let start = try utc("2024-01-01 00:00:00")
        for dst in DaylightSaving.allCases {
            let read = expression.fires(after: start, through: .distantFuture, in: .gmt, dst: dst, limit: 20)
            #expect(read == plain.fires(after: start, through: .distantFuture, in: .gmt, dst: dst, limit: 20))
        }
    }

    @Test(arguments: [
        ("0 0 0 30 2 ?", "this is never due"), ("0 0 0 1 1 ? 1900", "this is never due"),
        (" 0 0 0 1 1 ? 2500", "this is never due"), ("0 0 0 0W * ?", "there is no day 0"),
        ("0 0 0 ? * 9#3", "there is no weekday 9"),
    ])
    func whatIsNeverDueIsTold(text: String, words: String) throws {
        let lints = try CronExpression(text).lints
        #expect(lints.contains { $0.message.contains(words) } && lints.contains { $0.message == "this is never due" })
    }

    @Test func aSoundExpressionHasNoLints() throws {
        for vector in VectorTests.times + VectorTests.daysOfWeek + VectorTests.monthsAndYears {
            #expect(try CronExpression(vector.expression).lints.isEmpty, "\(vector.expression)")
        }
    }
}
