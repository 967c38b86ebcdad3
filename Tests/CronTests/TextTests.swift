import Foundation
import Testing

@testable import Cron

struct Refusal: Sendable, CustomTestStringConvertible {
    let text: String
    let field: CronField?
    let column: Int
    let message: String

    init(_ text: String, _ field: CronField?, _ column: Int, _ message: String) {
        (self.text, self.field, self.column, self.message) = (text, field, column, message)
    }

    var testDescription: String { text }
}

@Suite struct TextTests {
    static let refusals: [Refusal] = [
        Refusal("", nil, 1, "0 fields of 6 or 7"),
        Refusal("0 11 * * *", nil, 11, "five fields are Unix cron: put seconds first"),
        Refusal("0 0\n11 * * ?", nil, 13, "5 fields of 6 or 7"),
        Refusal("60 0 0 1 1 ?", .seconds, 1, "60 is out of range, a value is 0-59"),
        Refusal("0 0 24 1 1 ?", .hours, 5, "24 is out of range, a value is 0-23; allowed: 0-23"),
        Refusal("  0 0 1-x * * ?", .hours, 9, "unexpected “X”, the end of the range is missing"),
        Refusal("0 0 1- * * ?", .hours, 7, "the end of the range is missing"),
        Refusal("0 0 0 0 1 ?", .dayOfMonth, 7, "0 is out of range, a value is 1-31"),
        Refusal("0 0 0 1 13 ?", .month, 9, "13 is out of range"),
        Refusal("0 0 0 1 JUX ?", .month, 9, "“JUX” is not a value of this field"),
        Refusal("0 0 0 1 JAN- ?", .month, 13, "a name is missing after “-”"),
        Refusal("0 0 0 ? * 0", .dayOfWeek, 11, "1-7 (1 is SUN) or SUN-SAT"),
        Refusal("0 0 0 ? * 8", .dayOfWeek, 11, "8 is out of range"),
        Refusal("0 0 0 ? * 8L", .dayOfWeek, 11, "8 is out of range"),
        Refusal("0 0 0 1 1 ? 2200/2", .year, 13, "a range of years cannot end before it begins; allowed: 1970-2199"),
        Refusal("0 0 0 1 1 ? 2030-2020", .year, 13, "a range of years cannot end before it begins"),
        Refusal("0 */60 * * * ?", .minutes, 3, "60 is out of range, a step is 1-59"),
        Refusal("0 0 */24 * * ?", .hours, 5, "a step is 1-23"),
        Refusal("0 0/ * * * ?", .minutes, 5, "a step is missing"),
        Refusal("0 */5x * * * ?", .minutes, 6, "unexpected “X”, a step is missing"),
        Refusal("0 5/3x * * * ?", .minutes, 6, "unexpected “X”"),
        Refusal("0 , * * * ?", .minutes, 3, "“,” names nothing"),
        Refusal("0 ? * * * ?", .minutes, 3, "unexpected “?”"),
        Refusal("0 0 L * * ?", .hours, 5, "“L” names nothing"),
        Refusal("0 99999999999999999999 * * * ?", .minutes, 3, "is out of range"),
        Refusal("0 0 0 L-31 * ?", .dayOfMonth, 9, "31 is out of range, days before the last one are 0-30"),
        Refusal("0 0 0 L,15 * ?", .dayOfMonth, 7, "“L” cannot be combined with other days"),
        Refusal("0 0 0 32W * ?", .dayOfMonth, 7, "32 is out of range"),
        Refusal("0 0 0 ?15 * ?", .dayOfMonth, 8, "“?” must stand alone"),
        Refusal("0 0 0 6L * ?", .dayOfMonth, 8, "unexpected “L”"),
        Refusal("0 0 0 ? * 5W", .dayOfWeek, 12, "unexpected “W”"),
        Refusal("0 0 0 6#3 * ?", .dayOfMonth, 8, "unexpected “#”"),
        Refusal("0 0 0 ? * 6#6", .dayOfWeek, 13, "6 is out of range, which one of the month, after “#”, is 1-5"),
        Refusal("0 0 0 ? * FRI#", .dayOfWeek, 15, "which one of the month, after “#”, is missing"),
        Refusal("0 0 0 ? * 2#1,6#3", .dayOfWeek, 16, "“#” may be written only once"),
        Refusal("0 0 0 ? * 6L,2", .dayOfWeek, 12, "“L” cannot be combined with other days"),
        Refusal("0 0 0 ? * ?", .dayOfWeek, 11, "both “?”"),
        Refusal("0 0 0 * * *", .dayOfWeek, 11, "both name days; allowed: “?” in exactly one"),
        Refusal("0 0 0 é * ?", .dayOfMonth, 7, "unexpected “É”"),
    ]

    @Test(arguments: refusals) func refuses(_ refusal: Refusal) {
        let error = #expect(throws: CronError.self) { try CronExpression(refusal.text) }
        #expect(error?.field == refusal.field)
        #expect(error?.column == refusal.column)
        #expect(error?.message.contains(refusal.message) == true, "\(error?.message ?? "no error")")
    }

    @Test func saysWhereAndWhat() {
        let error = #expect(throws: CronError.self) { try CronExpression("0 0 24 * * ?") }
        let sentence =
            "cron expression, hours, column 5: 24 is out of range, a value is 0-23; allowed: 0-23, with * , - /"
        #expect(error?.description == sentence)
    }

    @Test func isCodedAsItsText() throws {
        let expression = try CronExpression("  0 0   11 * * ? ")
        #expect(expression.text == "0 0 11 * * ?")
        let data = try JSONEncoder().encode([expression])
        #expect(String(decoding: data, as: UTF8.self) == #"["0 0 11 * * ?"]"#)
        #expect(try JSONDecoder().decode([CronExpression].self, from: data) == [expression])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(CronExpression.self, from: Data(#""0""#.utf8)) }
    }
}
