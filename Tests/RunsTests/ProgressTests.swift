import Foundation
import Runs
import Testing

@Suite struct ProgressTests {
    let now = Date(timeIntervalSince1970: 1)

    /// Every state that a step can reach by up to three facts, with every fact after it.
    @Test func noFactMovesAStepThatHasEndedExceptARetryAfterLoss() {
        var reached: Set<StepProgress> = [StepProgress()]
        for _ in 0..<3 { reached.formUnion(reached.flatMap { state in everyFact.map { state.after($0, at: now) } }) }
        for state in reached {
            guard case .ended(let outcome) = state.state else { continue }
            for fact in everyFact {
                let next = state.after(fact, at: now)
                if case .lost = outcome, case .started(let attempt, _) = fact, attempt >= state.attempts {
                    #expect(next.state == .running(attempt: attempt, since: now))
                } else {
                    #expect(next == state, "\(outcome) was moved by \(fact)")
                }
            }
        }
    }

    @Test func attemptsNeverGoBack() {
        let second = StepProgress().after(.started(attempt: 2, incumbent: nil), at: now)
        #expect(second.after(.started(attempt: 1, incumbent: nil), at: now) == second)
    }

    @Test func aStepThatWaitsSaysWhyAndCanGoOn() {
        let waiting = StepProgress().after(.started(attempt: 1, incumbent: nil), at: now).after(
            .waiting(reason: "MLflow is down"), at: now)
        #expect(waiting.state.detail == "MLflow is down" && waiting.state.isLive)
        #expect(waiting.after(.ended(.passed), at: now).state == .ended(.passed))
    }

    @Test func aRunEndsWhenAllItsStepsHaveAndAsItsWorstStep() throws {
        let plan = try samplePlan([("a", []), ("b", [])])
        for left in everyOutcome {
            for right in everyOutcome {
                var progress = RunProgress(plan)
                for attempt in 1...2 {
                    progress.apply(Recorded(step: "a", fact: .started(attempt: attempt, incumbent: nil), at: now))
                    progress.apply(Recorded(step: "a", fact: .ended(left), at: now))
                }
                #expect(progress.outcome == nil)
                for attempt in 1...2 {
                    progress.apply(Recorded(step: "b", fact: .started(attempt: attempt, incumbent: nil), at: now))
                    progress.apply(Recorded(step: "b", fact: .ended(right), at: now))
                }
                let good = left.satisfies && right.satisfies
                #expect(
                    (progress.outcome == .passed) == good,
                    "\(left) and \(right): \(String(describing: progress.outcome))")
                #expect(progress.outcome != nil)
            }
        }
    }

    @Test func theOrderOfTwoStepsFactsDoesNotMatter() throws {
        let plan = try samplePlan([("a", []), ("b", [])])
        let a = [
            Recorded(step: "a", fact: .started(attempt: 1, incumbent: nil), at: now),
            Recorded(step: "a", fact: .ended(.passed), at: now),
        ]
        let b = [
            Recorded(step: "b", fact: .started(attempt: 1, incumbent: nil), at: now),
            Recorded(step: "b", fact: .ended(.cancelled), at: now),
        ]
        #expect(RunProgress(plan, facts: a + b) == RunProgress(plan, facts: [b[0], a[0], b[1], a[1]]))
    }
}
