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
        Refusal("0 0 0 1 1 ? 2024 x", nil, 18, "8 fields of 6 or 7"),
        Refusal("60 0 0 1 1 ?", .seconds, 1, "60 is out of range, a value is 0-59"),
        Refusal("0 0 24 1 1 ?", .hours, 5, "24 is out of range, a value is 0-23; allowed: 0-23"),
        Refusal("  0 0 1-x * * ?", .hours, 9, "“X” is not a value of this field"),
        Refusal("0 0 0 0 1 ?", .dayOfMonth, 7, "0 is out of range, a value is 1-31"),
        Refusal("0 0 0 1 13 ?", .month, 9, "13 is out of range"),
        Refusal("0 0 0 1 JUX ?", .month, 9, "“JUX” is not a value of this field"),
        Refusal("0 0 0 ? * 0", .dayOfWeek, 11, "1-7 (1 is SUN) or SUN-SAT"),
        Refusal("0 0 0 ? * 8", .dayOfWeek, 11, "8 is out of range"),
        Refusal("0 0 0 1 1 ? 1969", .year, 13, "1969 is out of range"),
        Refusal("0 0 0 1 1 ? 2100", .year, 13, "allowed: 1970-2099"),
        Refusal("0 0 0 1 1 ? 2030-2020", .year, 13, "a range of years cannot end before it begins"),
        Refusal("0 0/0 * * * ?", .minutes, 5, "0 is out of range, a step is 1-59"),
        Refusal("0 */60 * * * ?", .minutes, 5, "60 is out of range, a step is 1-59"),
        Refusal("0 0 */24 * * ?", .hours, 7, "a step is 1-23"),
        Refusal("0 0/ * * * ?", .minutes, 5, "a step is missing"),
        Refusal("0 1,,2 * * * ?", .minutes, 5, "a value is missing in the list"),
        Refusal("0 1, * * * ?", .minutes, 5, "a value is missing in the list"),
        Refusal("0 *5 * * * ?", .minutes, 4, "unexpected “5”"),
        Refusal("0 ? * * * ?", .minutes, 3, "unexpected “?”"),
        Refusal("0 0 L * * ?", .hours, 5, "“L” is not a value of this field"),
        Refusal("0 99999999999999999999 * * * ?", .minutes, 3, "is out of range"),
        Refusal("0 0 0 L-31 * ?", .dayOfMonth, 9, "31 is out of range, days before the last is 0-30"),
        Refusal("0 0 0 32W * ?", .dayOfMonth, 7, "32 is out of range"),
        Refusal("0 0 0 1-5W * ?", .dayOfMonth, 10, "unexpected “W”"),
        Refusal("0 0 0 ?,1 * ?", .dayOfMonth, 7, "“?” must stand alone"),
        Refusal("0 0 0 6L * ?", .dayOfMonth, 8, "unexpected “L”"),
        Refusal("0 0 0 ? * 6#6", .dayOfWeek, 13, "6 is out of range"),
        Refusal("0 0 0 ? * 2,6#3", .dayOfWeek, 13, "“6#3” cannot be combined with other days"),
        Refusal("0 0 0 ? * 6L,2", .dayOfWeek, 11, "“6L” cannot be combined with other days"),
        Refusal("0 0 0 ? * 2,L", .dayOfWeek, 13, "a bare “L” (Saturday) cannot be combined"),
        Refusal("0 0 0 ? * MON-FRI/2", .dayOfWeek, 18, "a step cannot follow a name"),
        Refusal("0 0 0 ? * ?", .dayOfWeek, 11, "both “?”"),
        Refusal("0 0 0 * * *", .dayOfWeek, 11, "both name days; allowed: “?” in exactly one"),
        Refusal("0 0 0 é * ?", .dayOfMonth, 7, "unexpected “é”"),
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
