import ArgumentParser
import Cron
import Foundation
import Projects

struct CronCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cron",
        abstract: "Explain a Quartz cron expression, and list its next fires.",
        discussion: """
            espalier cron "0 30 2 ? * 6L" --timezone Europe/Berlin --count 10
            """)

    @Argument(help: "Seconds minutes hours day-of-month month day-of-week [year], in quotes.") var expression: String?
    @Option(help: "IANA name of the time zone.") var timezone = "UTC"
    @Option(help: "List fires after this RFC 3339 time. Default: now.", transform: Date.init(argument:))
    var from = Date()
    @Option(help: "How many fires to list.") var count = 5
    @Option(help: "What happens when daylight saving changes the clock: \(DaylightSaving.list).") var dst =
        DaylightSaving.wallOnce
    @Flag(
        help: """
            Answer programs: lines EXPR<TAB>ZONE<TAB>FROM<TAB>COUNT<TAB>DST on standard input, times in seconds since 1970; \
            a line of fires, or 'error: WHY', for each.
            """)
    var batch = false
    @OptionGroup var json: JSONFlag

    private struct Answer: Encodable {
        let expression, timezone, dst, explanation: String
        let lints: [CronLint]
        let fires: [Fire]
    }

    private struct Fire: Encodable {
        /// Seconds since 1970.
        let instant: Int
        let local, utc: String
        let clockChange: String?
    }

    func validate() throws {
        if batch == (expression != nil) { throw ValidationError("give an expression, or --batch and no expression") }
        if count < 1 { throw ValidationError("--count must be at least 1") }
    }

    func run() throws {
        guard let expression else {
            var batch = CronBatch()
            return batch.run()
        }
        let answer = try answer(expression)
        if json.json { return try printJSON(answer) }
        print("\(answer.expression) in \(timezone), \(dst.rawValue): \(answer.explanation)")
        for lint in answer.lints { print("warning: \(lint)") }
        printTable(
            ["local time", "UTC", "clock change"], answer.fires.map { [$0.local, $0.utc, $0.clockChange ?? "-"] },
            empty: "It never fires after \(show(from)) UTC.")
    }

    private func answer(_ text: String) throws -> Answer {
        let zone = try Zone(argument: timezone)
        let expression: CronExpression
        do {
            expression = try CronExpression(text)
        } catch {
            throw Complaint(description: "\(error)")
        }
        let fires = expression.fires(after: from, through: .distantFuture, in: zone, dst: dst, limit: count)
        return Answer(
            expression: expression.text, timezone: timezone, dst: dst.rawValue, explanation: expression.explanation,
            lints: expression.lints,
            fires: fires.map {
                Fire(
                    instant: Int($0.timeIntervalSince1970), local: zone.show($0), utc: show($0),
                    clockChange: expression.clockMark(at: $0, in: zone)?.description)
            })
    }
}

extension DaylightSaving: ExpressibleByArgument {
    static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension Zone {
    /// Parses the argument from the command line.
    init(argument name: String) throws {
        guard let zone = Zone(named: name) else {
            let hint = nearest(to: name, among: Zone.names).map { "; did you mean '\($0)'?" } ?? ""
            throw Complaint(
                description: "'\(name)' is not a time zone: write an IANA name such as Europe/Berlin\(hint)")
        }
        self = zone
    }
}
