import Foundation
import Plans
import Runs
import Testing

/// Every run and non-run has a reason.
@Suite struct ExplainTests {
    let now = Date(timeIntervalSince1970: 1)

    func why(_ step: String, _ plan: Plan, _ facts: [Recorded], earlier: EarlierStep? = nil) -> String {
        explanation(of: plan.step(named: step)!, in: RunProgress(plan, facts: facts), earlier: earlier) { _ in [] }
    }

    @Test func everyOutcomeOfAStepThatNeverBeganExplainsItself() throws {
        let plan = try samplePlan([("a", []), ("b", ["a"])])
        for outcome in everyOutcome {
            let text = why("a", plan, [Recorded(step: "a", fact: .ended(outcome), at: now)])
            #expect(!text.isEmpty, "\(outcome)")
        }
        #expect(why("a", plan, []) == "waits for its turn")
        #expect(why("b", plan, []) == "waits for a")
        let failed = [Recorded(step: "a", fact: .ended(.failed(exitCode: 1)), at: now)]
        let skipped = RunProgress(plan, facts: failed).consequences(at: now)
        #expect(why("b", plan, failed + skipped) == "'a' did not pass")
    }

    @Test func aStepOfAnOldPlanSaysThatItIsOne() throws {
        let plan = try samplePlan([("a", [])])
        let ran = [
            Recorded(step: "a", fact: .started(attempt: 1, incumbent: nil), at: now),
            Recorded(step: "a", fact: .ended(.passed), at: now),
        ]
        #expect(why("a", plan, ran) == "it was planned by a version that reuses nothing")
    }
}
