import Foundation
import Testing

@testable import Cron

/// Tests/Vectors/quartz-2.3.2.tsv: answers of the real Quartz, with the zone data that it used.
@Suite struct QuartzVectorTests {
    @Test func agreesWithQuartz() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Vectors/quartz-2.3.2.tsv")
        var zones: [Substring: Zone] = [:]
        var (answered, refused) = (0, 0)
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
            // An expression may contain tabs.
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count >= 4 else {
                let zone = try Self.zone(line)
                zones[zone.name[...]] = zone
                continue
            }
            let answer = fields[fields.count - 1]
            let text = fields.dropLast(3).joined(separator: "\t")
            guard answer != "error" else {
                #expect(throws: CronError.self, "\(line)") { try CronExpression(text) }
                refused += 1
                continue
            }
            let expression = try CronExpression(text)
            let zone = try #require(zones[fields[fields.count - 3]])
            var fires: [Int] = []
            // Quartz looks for something due in the next hundred years.
            while fires.count < 3, let from = fires.last ?? Int(fields[fields.count - 2]),
                let due = expression.next(after: from, in: zone, dst: .quartz), due < 4_900_000_000
            {
                fires.append(due)
            }
            #expect(fires.map(String.init).joined(separator: " ") == answer, "\(line)")
            answered += 1
        }
        #expect(answered > 2_000 && refused > 200)
    }

    private static func zone(_ line: Substring) throws -> Zone {
        let words = line.split(separator: " ")
        try #require(words.count >= 3 && words[0] == "zone")
        let numbers = words.dropFirst(2).compactMap { Int($0) }
        let spans = stride(from: 1, to: numbers.count, by: 2).map {
            Zone.Span(start: numbers[$0], offset: numbers[$0 + 1], isDaylight: false)
        }
        let first = Zone.Span(start: ZoneClock.beginning, offset: numbers[0], isDaylight: false)
        return Zone(name: String(words[1]), spans: [first] + spans)
    }
}
