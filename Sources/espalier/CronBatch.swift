import Cron
import Foundation

/// Batch mode for programs. Each input line is a question: `EXPR<TAB>ZONE<TAB>FROM<TAB>COUNT<TAB>DST`. Each output line
/// is its answer: the next COUNT fires after FROM in seconds since 1970, separated by spaces, or `error: ` and the
/// reason.
struct CronBatch {
    private var zones: [Substring: Zone] = [:]
    private var output: [UInt8] = []

    mutating func run() {
        while let line = readLine() {
            do {
                try answer(line)
            } catch {
                output += "error: \(error)".utf8
            }
            output.append(UInt8(ascii: "\n"))
            if output.count > 1 << 16 { flush() }
        }
        flush()
    }

    private mutating func answer(_ line: String) throws {
        // The expression itself can contain tabs.
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count >= 5, let from = Int(fields[fields.count - 3]), let count = Int(fields[fields.count - 2])
        else {
            throw Complaint(
                description: "write EXPR, ZONE, FROM (seconds since 1970), COUNT and DST, with tabs between them")
        }
        guard let dst = DaylightSaving(rawValue: String(fields[fields.count - 1])) else {
            throw Complaint(description: "'\(fields[fields.count - 1])' is none of \(DaylightSaving.list)")
        }
        let zone = try zone(fields[fields.count - 4])
        let expression = try CronExpression(String(line[..<fields[fields.count - 5].endIndex]))
        var second = min(max(from, -100_000_000_000), 100_000_000_000)
        for number in 0..<max(count, 0) {
            guard let due = expression.next(after: second, in: zone, dst: dst) else { break }
            if number > 0 { output.append(UInt8(ascii: " ")) }
            output += String(due).utf8
            second = due
        }
    }

    private mutating func zone(_ name: Substring) throws -> Zone {
        if let known = zones[name] { return known }
        let zone = try Zone(argument: String(name))
        zones[name] = zone
        return zone
    }

    private mutating func flush() {
        StandardOutput.write(Data(output))
        output.removeAll(keepingCapacity: true)
    }
}
