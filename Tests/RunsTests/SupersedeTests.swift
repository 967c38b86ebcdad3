import Events
import Foundation
import Plans
import Projects
import Runs
import Testing

private func superseded(by new: Int64, _ plan: Plan, among runs: [Int64: RunProgress]) -> Set<Int64> {
    Runs.superseded(by: new, plan, among: runs) { $0 }
}

@Suite struct SupersedeTests {
    let now = Date(timeIntervalSince1970: 1)

    @Test(
        arguments: [
            (Concurrency.Supersede.none, false, false), (.none, true, false), (.queued, false, true),
            (.queued, true, false), (.running, false, true), (.running, true, true),
        ] as [(Concurrency.Supersede, Bool, Bool)])
    func aNewerRunReplacesWhatItsPipelineAllows(policy: Concurrency.Supersede, started: Bool, expected: Bool) throws {
        let plan = try samplePlan([("a", []), ("b", ["a"])], supersede: policy)
        let old = RunProgress(plan, facts: started ? ended("a", .passed) : [])
        #expect(superseded(by: 2, plan, among: [1: old]).contains(1) == expected)
        #expect(superseded(by: 1, plan, among: [2: old]).isEmpty, "never a younger one")
        let other = try samplePlan([("a", [])], branch: "other", supersede: policy)
        #expect(superseded(by: 2, other, among: [1: old]).isEmpty, "never another branch")
        var retried = RunProgress(plan, facts: ended("a", .failed(exitCode: 1)) + ended("b", .skipped(reason: "x")))
        for step in ["a", "b"] { retried.apply(Recorded(step: step, fact: .retried, at: now)) }
        #expect(superseded(by: 2, plan, among: [1: retried]).isEmpty, "never what a person has asked for again")
    }

    @Test func aFireReplacesAnOlderOneOnlyWhereItsScheduleSaysSoAndNeverABackfill() throws {
        func fire(_ policy: Concurrency.Supersede, backfill: Backfilling? = nil) throws -> Plan {
            try samplePlan(
                [("a", [])], supersede: policy,
                trigger: .fire(id: 1, schedule: "p", logicalTime: now, backfill: backfill))
        }
        let backfill = try fire(.running, backfill: Backfilling(number: 1, version: nil))
        let started = RunProgress(try fire(.none), facts: [ended("a", .passed)[0]])
        #expect(superseded(by: 2, try fire(.running), among: [1: started]) == [1])
        #expect(superseded(by: 2, try fire(.none), among: [1: started]).isEmpty)
        #expect(superseded(by: 2, try fire(.running), among: [1: RunProgress(backfill)]).isEmpty)
        #expect(superseded(by: 2, backfill, among: [1: started]).isEmpty)
        let push = try samplePlan([("a", [])], supersede: .running)
        #expect(superseded(by: 2, push, among: [1: started]).isEmpty, "code and moments are different causes")
    }

    @Test func aChangesNewerMergeReplacesItsChecks() throws {
        let check = try samplePlan([("a", [])], trigger: .change(number: 1, base: commit))
        #expect(superseded(by: 2, check, among: [1: RunProgress(check, facts: [ended("a", .passed)[0]])]) == [1])
    }

    /// Random runs of few pipelines, branches, causes and policies, seeded.
    @Test(arguments: 0..<200) func whatIsDecidedForAllAgreesWithAskingForEach(seed: UInt64) throws {
        var random = Random(seed: seed)
        let policies: [Concurrency.Supersede] = [.none, .queued, .running]
        var runs: [Int64: RunProgress] = [:]
        for id in Int64(1)...Int64.random(in: 1...40, using: &random) {
            let triggers: [Trigger] = [
                .push, .change(number: 1, base: commit),
                .fire(id: id, schedule: "p", logicalTime: now, backfill: nil),
                .fire(id: id, schedule: "p", logicalTime: now, backfill: Backfilling(number: 1, version: nil)),
            ]
            let plan = try samplePlan(
                [("a", []), ("b", ["a"])], pipeline: "p\(Int.random(in: 0..<2, using: &random))",
                branch: "b\(Int.random(in: 0..<2, using: &random))",
                supersede: try #require(policies.randomElement(using: &random)),
                trigger: try #require(triggers.randomElement(using: &random)),
                project: "p\(Int.random(in: 0..<2, using: &random))")
            var run = RunProgress(plan, facts: Bool.random(using: &random) ? ended("a", .passed) : [])
            if Int.random(in: 0..<5, using: &random) == 0 {
                run = RunProgress(plan, facts: ended("a", .failed(exitCode: 1)) + ended("b", .skipped(reason: "x")))
                for step in ["a", "b"] { run.apply(Recorded(step: step, fact: .retried, at: now)) }
            }
            runs[id] = run
        }
        var expected: [Int64: Int64] = [:]
        for (id, run) in runs.sorted(by: { $0.key < $1.key }) {
            for old in superseded(by: id, run.plan, among: runs) where expected[old] == nil { expected[old] = id }
        }
        #expect(Runs.superseded(among: runs) { $0 } == expected)
    }
}
