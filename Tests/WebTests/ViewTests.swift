import Foundation
import Reports
import Testing

@testable import Web

@Suite struct ViewTests {
    @Test func stepsStandRightOfWhatTheyNeed() {
        let steps = [
            Sample.step("a"), Sample.step("b"), Sample.step("c", needs: ["a"]),
            Sample.step("d", needs: ["c", "b", "unknown"]),
        ]
        #expect(StepColumns.depths(steps) == ["a": 0, "b": 0, "c": 1, "d": 2])
        let graph = StepGraph(steps, run: 1, selected: "c")
        let columns = Dictionary(graph.nodes.map { ($0.name, $0.x) }) { first, _ in first }
        #expect(columns["a"] == columns["b"])
        #expect((columns["a"] ?? 0) < (columns["c"] ?? 0) && (columns["c"] ?? 0) < (columns["d"] ?? 0))
        #expect(graph.edges.count == 5)  // a→c, c→d, and b→lane→across→d
        #expect(
            graph.nodes.allSatisfy { $0.x + graph.boxWidth <= graph.width && $0.y + graph.boxHeight <= graph.height })
    }

    @Test func nodesNeverOverlap() {
        let steps = (0..<12).map { number in
            Sample.step("s\(number)", needs: (0..<number).filter { number % ($0 + 2) == 0 }.map { "s\($0)" })
        }
        let nodes = StepGraph(steps, run: 1, selected: nil).nodes
        for one in nodes {
            for other in nodes where one.name != other.name && one.x == other.x {
                #expect(abs(one.y - other.y) >= StepGraph.nodeHeight)
            }
        }
    }

    @Test func circlesEnd() {
        let graph = StepGraph([Sample.step("a", needs: ["b"]), Sample.step("b", needs: ["a"])], run: 1, selected: nil)
        #expect(graph.nodes.count == 2)
    }

    @Test func theStepToShowIsTheFailedOrRunningOrLast() {
        let running = Sample.step("r", "running")
        #expect(RunContent.stepToShow([Sample.step("a"), running, Sample.step("f", "timed_out")]) == "f")
        #expect(RunContent.stepToShow([Sample.step("a"), running, Sample.step("p", "pending")]) == "r")
        #expect(RunContent.stepToShow([Sample.step("a"), Sample.step("p", "pending")]) == "a")
        #expect(RunContent.stepToShow([]) == nil)
    }

    @Test(arguments: [
        (0.085, "85 ms"), (4.23, "4.2 s"), (59.9, "59 s"), (187, "3 min 07 s"), (3_725, "1 h 02 min"), (-1, "0 ms"),
    ])
    func durations(_ seconds: Double, _ words: String) {
        #expect(duration(seconds) == words)
    }

    @Test func times() throws {
        let now = try Date("2026-11-23T11:00:00Z", strategy: .iso8601)
        #expect(TimeMark(now - 300, now: now).relative == "5 min ago")
        #expect(TimeMark(now + 7_200, now: now).relative == "in 2 h")
        #expect(TimeMark(now, now: now).relative == "now")
        #expect(TimeMark(now - 400 * 86_400, now: now).short == "19 Oct 2025 11:00")
        #expect(TimeMark(now, now: now).short == "23 Nov 11:00")
        #expect(TimeMark(now, now: now).full == "2026-11-23 11:00:00 UTC")
    }

    @Test func aPageShowsNoMoreValuesThanItCan() {
        let few = Pair.sorted(["b": "2", "a": String(repeating: "<", count: 1_000_000)])
        #expect(few.map(\.key) == ["a", "b"] && few[0].value.hasSuffix("<… (1000000 characters)"))
        let many = Pair.sorted(
            Dictionary(uniqueKeysWithValues: (0..<1_000).map { ("\($0)", String(repeating: "x", count: 250)) }))
        #expect(many.count < 90 && many.last?.key == "…")
        #expect(many.last?.value == "and \(1_001 - many.count) more")
    }
}
