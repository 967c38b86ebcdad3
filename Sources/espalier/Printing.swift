import ArgumentParser
import Foundation
import Projects
import Reports

/// Prints a table with a heading. Columns are as wide as their contents.
func printTable(_ heading: [String], _ rows: [[String]], empty: String) {
    guard !rows.isEmpty else { return print(empty) }
    let all = ([heading] + rows).map { $0.map { plainText($0, isOneLine: true) } }
    let widths = heading.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let lines = all.map { row in
        row.enumerated().map { index, cell in
            index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
        }
        .joined(separator: "  ")
    }
    print(lines.joined(separator: "\n"))
}

func printJSON(_ report: some Encodable) throws {
    printJSON(text: String(decoding: try json(report), as: UTF8.self))
}

func printJSON(text: String) { StandardOutput.write(Data("\(plainJSON(text))\n".utf8)) }

/// `2026-11-23 11:00:00` in UTC; `-` when absent.
func show(_ date: Date?) -> String {
    guard let date else { return "-" }
    return date.formatted(.iso8601.dateTimeSeparator(.space)).replacingOccurrences(of: "Z", with: "")
}

/// `4.2 s`, `3 min 5 s`, `2 h 7 min`, `3 d 4 h`; `-` when unknown.
func show(seconds: Double?) -> String {
    guard let seconds else { return "-" }
    if seconds < 60 { return String(format: "%.1f s", seconds) }
    let whole = Int(seconds)
    if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
    if whole < 86_400 { return "\(whole / 3_600) h \(whole / 60 % 60) min" }
    return "\(whole / 86_400) d \(whole / 3_600 % 24) h"
}

func short(_ commit: String) -> String { String(commit.prefix(10)) }

extension Date {
    /// Parses the argument from the command line.
    init(argument text: String) throws {
        guard let date = try? Date(text, strategy: .iso8601) else {
            throw ValidationError("'\(text)' is not an RFC 3339 time: write 2026-11-23T11:00:00Z")
        }
        self = date
    }
}

/// Prints the infrastructure plans of steps, as Terraform shows them.
func printPlans(_ plans: [InfrastructureReport]) {
    for plan in plans {
        print(
            "\nTerraform plans for \(plan.place) in \(plan.environment) (run \(plan.run), \(plan.step)): \(plan.summary)\n"
        )
        print(plan.text.trimmingCharacters(in: .newlines))
    }
}
