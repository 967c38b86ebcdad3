import Foundation
import Projects
import Testing

/// CASES: P5
@Suite struct ReleasedScheduleTests {
    private func schedule(model: String? = nil, after: [String]? = nil) throws -> ReleasedSchedule {
        let names = after.map { #","liveAfter":\#($0)"# } ?? ""
        let rule = try JSONDecoder().decode(
            ScheduleRule.self,
            from: Data(
                """
                {"cron":"0 0 11 * * ?","timezone":"UTC","environment":"prod","misfire":"run-all","overlap":"queue",
                 "dst":"wall-once"\(names)}
                """.utf8))
        return ReleasedSchedule(rule, model: model)
    }

    private func run(_ pipeline: String, _ model: String?, passed: Bool = true) -> ReleaseRun {
        ReleaseRun(pipeline: pipeline, model: model, hasPassed: passed)
    }

    @Test func allPipelinesAboutItsModelMustPass() throws {
        let runs = [run("a", "risk", passed: false), run("b", "risk"), run("c", "weight", passed: false)]
        #expect(try schedule(model: "risk").obstacles(in: runs) == ["a"])
        #expect(try schedule(model: "weight").obstacles(in: runs) == ["c"])
        #expect(try schedule(model: "risk").obstacles(in: [run("a", "risk"), run("c", "weight", passed: false)]) == [])
    }

    @Test func aScheduleThatNoPipelineIsAboutWaitsForAll() throws {
        let runs = [run("a", "risk"), run("c", "weight", passed: false)]
        #expect(try schedule(model: "other").obstacles(in: runs) == ["c"])
        #expect(try schedule().obstacles(in: [run("a", nil), run("b", nil, passed: false)]) == ["b"])
    }

    @Test func namedPipelinesMustHavePassedInThatPush() throws {
        let named = try schedule(model: "risk", after: ["b"])
        #expect(named.obstacles(in: [run("a", "risk", passed: false), run("b", "risk")]) == [])
        #expect(named.obstacles(in: [run("a", "risk")]) == ["b"])
    }
}
