import Fixtures
import Testing

@testable import Cron

@Suite struct ExplainTests {
    @Test(arguments: [
        ("0 0 11 * * ?", "at 11:00 every day"),
        ("30 0 11 * * ?", "at 11:00:30 every day"),
        ("0 30 2 ? * 6L", "at 02:30 on the last Friday of every month"),
        ("0 0/15 8-17 ? * MON-FRI", "every 15 minutes from 08:00 to 17:59, Monday to Friday"),
        ("0 0/15 * * * ?", "every 15 minutes"),
        ("0 * * * * ?", "every minute"),
        ("* * * * * ?", "every second"),
        ("0/10 * * * * ?", "every 10 seconds"),
        ("0 0 * * * ?", "every hour"),
        ("0 30 * * * ?", "every hour at minute 30"),
        ("15 30 * * * ?", "every hour at 30:15 past it"),
        ("0 0 */2 * * ?", "every 2 hours from 00:00 to 22:00, every day"),
        ("0 30 8-17 * * ?", "every hour from 08:30 to 17:30, every day"),
        ("0 5/10 * * * ?", "every 10 minutes from minute 5 of the hour"),
        ("0 5-35/10 * * * ?", "every 10 minutes from minute 5 to 35 of the hour"),
        ("0 1,2,30 * * * ?", "at minutes 1, 2 and 30 every day"),
        ("0 0/5 22-2 * * ?", "every 5 minutes from 22:00 to 02:59, every day"),
        ("0 0/5 1,7 * * ?", "every 5 minutes in the hours 01 and 07, every day"),
        ("0/20 0,30 9 * * ?", "at 09:00, 09:00:20, 09:00:40, 09:30, 09:30:20 and 09:30:40 every day"),
        ("*/5 0-9 * * * ?", "every 5 seconds, in minutes 0 to 9"),
        ("0 0 8,20 1,15 * ?", "at 08:00 and 20:00 on days 1 and 15 of every month"),
        ("0 0 8 1-7 JAN,JUL ?", "at 08:00 on days 1 to 7 of January and July"),
        ("0 0 0 L * ?", "at 00:00 on the last day of every month"),
        ("0 0 0 L-3 6 ?", "at 00:00 3 days before the last day of June"),
        ("0 0 0 LW * ?", "at 00:00 on the last weekday (Monday to Friday) of every month"),
        ("0 0 0 15W * ?", "at 00:00 on the weekday (Monday to Friday) nearest to day 15 of every month"),
        ("0 0 9 ? * SUN,WED", "at 09:00 every Wednesday and Sunday"),
        ("0 0 9 ? * FRI-MON", "at 09:00, Friday to Monday"),
        ("0 0 9 ? * 2#1", "at 09:00 on the first Monday of every month"),
        ("0 0 9 * NOV-FEB ?", "at 09:00 every day in November to February"),
        ("0 0 9 1 1 ? 2030", "at 09:00 on day 1 of January, in 2030"),
        ("0 0 9 1 1 ? 2030/1", "at 09:00 on day 1 of January, from 2030 on"),
        ("0 0 9 1 1 ? 2030-2040/2", "at 09:00 on day 1 of January, every 2 years from 2030 to 2040"),
        ("0 0 9 1 1 ? 1900", "at 09:00 on day 1 of January, in no year from 1970 to 2199"),
    ])
    func isInPlainWords(text: String, words: String) throws {
        #expect(try CronExpression(text).explanation == words)
    }

    /// The words identify the rule: no two rules have the same words.
    @Test func nothingIsLeftOut() throws {
        var random = SplitMix(state: 7)
        var meanings: [String: Rule] = [:]
        for _ in 0..<6_000 {
            let expression = try CronExpression(anyExpression(using: &random))
            let known = meanings.updateValue(expression.rule, forKey: expression.explanation)
            #expect(known == nil || known?.plain == expression.rule.plain, "\(expression): \(expression.explanation)")
        }
        #expect(meanings.count > 3_000)
    }
}

extension Rule {
    /// Every day has two spellings, and one meaning.
    fileprivate var plain: Rule {
        var rule = self
        if case .ofWeek(let days) = self.days, days.count == 7 { rule.days = .ofMonth(Numbers(1...31)) }
        return rule
    }
}

/// An expression of every kind of item, in all fields.
func anyExpression(using random: inout SplitMix) -> String {
    func field(_ range: ClosedRange<Int>) -> String {
        let (a, b) = (Int.random(in: range, using: &random), Int.random(in: range, using: &random))
        let step = Int.random(in: 1...min(range.upperBound, 30), using: &random)
        switch Int.random(in: 0...6, using: &random) {
        case 0, 1: return "*"
        case 2: return "\(a)"
        case 3: return "\(a),\(b)"
        case 4: return "\(a)/\(min(step, 7))"
        case 5: return "\(a)-\(b)"
        default: return "\(a)-\(b)/\(min(step, 7))"
        }
    }
    let n = Int.random(in: 1...7, using: &random)
    let days = [
        "L * ?", "L-\(n) * ?", "LW * ?", "L-\(n)W 1-6 ?", "1\(n)W * ?", "\(field(1...31)) \(field(1...12)) ?",
        "? * \(n)L", "? * \(n)#\(min(n, 5))", "? \(field(1...12)) \(field(1...7))", "* * ?",
    ]
    let year = Int.random(in: 1970...2090, using: &random)
    let years = ["", "", "", " \(year)", " \(year)-\(year + n)", " \(year)/\(n)"]
    return "\(Bool.random(using: &random) ? "0" : field(0...59)) \(field(0...59)) \(field(0...23)) "
        + (days.randomElement(using: &random) ?? "") + (years.randomElement(using: &random) ?? "")
}
