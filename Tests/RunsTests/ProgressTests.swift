import Foundation
import Runs
import Testing

@Suite struct ProgressTests {
    let now = Date(timeIntervalSince1970: 1)

    /// Every state that a step can reach by up to four facts, in any order.
    static let reached: Set<StepProgress> = {
        let now = Date(timeIntervalSince1970: 1)
        var reached: Set<StepProgress> = [StepProgress()]
        for _ in 0..<4 { reached.formUnion(reached.flatMap { state in everyFact.map { state.after($0, at: now) } }) }
        return reached
    }()

    /// The transitions that the diagram of `StepState` allows.
    func mayFollow(_ before: StepState, _ after: StepState) -> Bool {
        switch (before, after) {
        case _ where before == after: true
        case (.pending, _), (.running, .running), (.running, .waiting), (.running, .stopping), (.running, .ended): true
        case (.waiting, .running), (.waiting, .waiting), (.waiting, .stopping), (.waiting, .ended): true
        case (.stopping(_, let wish), .stopping(_, let other)): wish == other
        case (.stopping, .ended): true
        case (.ended(let outcome), .running), (.ended(let outcome), .ended): outcome.isLoss
        case (.ended(let outcome), .pending): !outcome.satisfies
        default: false
        }
    }

    @Test func everyFactMovesEveryStateOnlyWhereTheDrawingSays() {
        for state in Self.reached {
            for fact in everyFact {
                let next = state.after(fact, at: now)
                #expect(mayFollow(state.state, next.state), "\(state.state) became \(next.state) by \(fact)")
                #expect(next.attempts >= state.attempts, "attempts went back by \(fact)")
            }
        }
    }

    @Test func whatHasEndedIsOnlyMovedByARetryOrAfterALoss() {
        for state in Self.reached {
            guard case .ended(let outcome) = state.state else { continue }
            for fact in everyFact {
                let next = state.after(fact, at: now)
                switch fact {
                case .retried:
                    #expect((next.state == .pending) == !outcome.satisfies)
                    #expect(next.attemptsBefore == state.attempts)
                case .started(let attempt, _) where outcome.isLoss && attempt >= state.attempts:
                    #expect(next.state == .running(attempt: attempt, since: now))
                case .stopping(let wish) where outcome.isLoss: #expect(next.state == .ended(wish))
                default: #expect(next == state, "\(outcome) was moved by \(fact)")
                }
            }
        }
    }

    @Test func aStepThatIsToStopEndsAsWishedUnlessItWasFaster() {
        for state in Self.reached {
            guard case .stopping(_, let wish) = state.state else { continue }
            for outcome in everyOutcome {
                let end = state.after(.ended(outcome), at: now).state
                #expect(end == .ended(outcome == .cancelled || outcome.isLoss ? wish : outcome))
            }
            #expect(state.after(.started(attempt: 9, incumbent: nil), at: now).state == .stopping(attempt: 9, as: wish))
        }
    }

    @Test func factsToldTwiceAreFactsToldOnce() {
        for state in Self.reached {
            for fact in everyFact {
                let once = state.after(fact, at: now)
                // A repeated retry would undo later facts; it is only recorded when its run is reopened.
                if case .retried = fact { continue }
                #expect(once.after(fact, at: now) == once, "\(fact) on \(state.state)")
            }
        }
    }

    @Test func endingARunEarlyLeavesNothingThatCouldStart() throws {
        let plan = try samplePlan([("a", []), ("b", ["a"])])
        for a in Self.reached {
            var run = RunProgress(plan, facts: [])
            for fact in facts(of: a, step: "a") { run.apply(fact) }
            guard run.outcome == nil else { continue }
            for change in run.ending(as: .cancelled, atWork: a.state.isLive ? ["a"] : []) {
                run.apply(Recorded(step: change.step, fact: change.fact, at: now))
            }
            #expect(run.next().ready.isEmpty, "after \(a.state)")
            run.apply(Recorded(step: "a", fact: .ended(.cancelled), at: now))
            for fact in run.consequences(at: now) { run.apply(fact) }
            #expect(run.outcome != nil, "after \(a.state)")
        }
    }

    /// Facts that bring a fresh step to that state.
    func facts(of progress: StepProgress, step: String) -> [Recorded] {
        let start = StepFact.started(attempt: max(1, progress.attempts), incumbent: nil)
        let facts: [StepFact] =
            switch progress.state {
            case .pending: []
            case .running: [start]
            case .waiting(_, let reason): [start, .waiting(reason: reason)]
            case .stopping(_, let wish): [start, .stopping(wish)]
            case .ended(let outcome): [start, .ended(outcome)]
            }
        return facts.map { Recorded(step: step, fact: $0, at: now) }
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
