import Foundation
import Plans
import Projects
import Runs
import Testing

@testable import Notices

/// What is sent when a run ends.
@Suite struct TellingTests {
    func told(_ progress: RunProgress, before: EndedRun? = nil, isLatest: Bool = true) -> [NoticeKind] {
        subjects(ofEnd: progress, before: before, isLatest: isLatest, log: []).map(\.kind)
    }

    @Test(arguments: [
        (Outcome.failed(exitCode: 1), true), (.killed(signal: 9), true), (.refused(reason: "x"), true),
        (.timedOut(seconds: 1), true), (.outOfMemory, true), (.lost(reason: "x"), true), (.cancelled, false),
        (.superseded(by: 2), false), (.skipped(reason: "x"), false), (.passed, false), (.reused(run: 1), false),
    ])
    func whatWentWrongIsToldAndWhatWasMeantToEndIsNot(outcome: Outcome, isTold: Bool) throws {
        let ended = try progress(outcome, .skipped(reason: "x"))
        #expect(told(try lostForGood(ended)) == (isTold ? [.failure] : []))
    }

    /// A loss ends a run only when its retries are used up.
    func lostForGood(_ ended: RunProgress) throws -> RunProgress {
        var ended = ended
        guard ended["a"].state.outcome?.isLoss ?? false else { return ended }
        ended.apply(Recorded(step: "a", fact: .started(attempt: 2, incumbent: nil), at: noon))
        ended.apply(Recorded(step: "a", fact: .ended(.lost(reason: "x")), at: noon))
        return ended
    }

    @Test func theStepsThatFailedAreNamedAndThoseThatCouldNotStartAreNot() throws {
        let failed = try progress(.failed(exitCode: 3), .skipped(reason: "'a' did not pass"))
        #expect(failed.failedSteps == [FailedStep(name: "a", state: "failed", detail: "exit code 3")])
    }

    @Test func aPassAfterTroubleIsARecovery() throws {
        let passed = try progress(.passed, .passed)
        #expect(told(passed).isEmpty)
        #expect(told(passed, before: EndedRun(id: 3, outcome: .passed)).isEmpty)
        for trouble in RunOutcome.allCases where trouble.isTrouble {
            #expect(told(passed, before: EndedRun(id: 3, outcome: trouble)) == [.recovery])
        }
        // A later run has already reported how the branch is doing.
        #expect(told(passed, before: EndedRun(id: 3, outcome: .failed), isLatest: false).isEmpty)
        let failed = try progress(.failed(exitCode: 1), .passed)
        #expect(told(failed, before: EndedRun(id: 3, outcome: .failed)) == [.failure])
    }

    @Test func driftIsToldByAStepThatRanInARunThatPassed() throws {
        let drift = ["drift": "detected", "drift_reason": "older mothers"]
        let passed = try progress(.passed, .passed, values: drift)
        #expect(told(passed) == [.drift] && passed.driftedSteps == [DriftedStep(name: "a", reason: "older mothers")])
        #expect(told(try progress(.passed, .failed(exitCode: 1), values: drift)) == [.failure])
        #expect(told(try progress(.reused(run: 1), .passed, values: drift)).isEmpty, "it was told then")
        #expect(told(try progress(.passed, .passed, values: ["drift": "none"])).isEmpty)
    }

    @Test func aRunInAWorkingTreeTellsNobody() throws {
        #expect(told(try progress(.failed(exitCode: 1), .passed, trigger: .local)).isEmpty)
        #expect(try told(progress(.passed, trigger: .push)).isEmpty, "it has not ended")
    }

    @Test func decisionsAreOfThreeKinds() {
        func kind(_ standing: DecidedMove.Standing, back: Bool = false) -> NoticeKind {
            Subject.decision(
                DecidedMove(
                    decision: 1, model: "m", from: nil, to: "2", standing: standing, isRollback: back, reasons: [])
            ).kind
        }
        #expect([kind(.moved), kind(.held), kind(.void(because: "x"))] == [.promotion, .promotion, .promotion])
        #expect([kind(.moved, back: true), kind(.void(because: "x"), back: true)] == [.rollback, .rollback])
        #expect(kind(.waits(approvals: 1)) == .approval)
    }
}
