import Foundation
import Plans
import Runs

/// A run that ended, as later runs see it.
public struct EndedRun: Sendable, Hashable {
    public let id: Int64
    public let outcome: RunOutcome

    public init(id: Int64, outcome: RunOutcome) {
        self.id = id
        self.outcome = outcome
    }
}

extension RunOutcome {
    /// Whether somebody has to look at it. A cancelled or superseded run ended on purpose.
    public var isTrouble: Bool {
        switch self {
        case .failed, .timedOut, .outOfMemory, .lost: true
        case .passed, .skipped, .superseded, .cancelled: false
        }
    }

    /// Whether its outcome says how the branch is doing.
    public var isTelling: Bool { isTrouble || self == .passed }
}

extension RunProgress {
    /// The steps that made the run fail, in the order of the plan.
    public var failedSteps: [FailedStep] {
        plan.steps.compactMap { step in
            guard let outcome = self[step.name].state.outcome else { return nil }
            switch outcome {
            case .failed, .killed, .refused, .timedOut, .outOfMemory, .lost:
                return FailedStep(name: step.name, state: outcome.word, detail: outcome.detail)
            case .passed, .reused, .cancelled, .superseded, .skipped: return nil
            }
        }
    }
}

/// What to tell people about the end of a run.
///
/// - Parameters:
///   - before: the last run of the same branch and pipeline that says how it is doing. This run itself if it was
///     retried.
///   - isLatest: whether no later run of the same branch and pipeline has ended before this one.
///   - log: the last lines of the first step that failed.
public func subjects(ofEnd progress: RunProgress, before: EndedRun?, isLatest: Bool, log: [String]) -> [Subject] {
    guard progress.plan.trigger != .local, let outcome = progress.outcome else { return [] }
    if outcome.isTrouble { return [.failure(outcome: outcome, steps: progress.failedSteps, log: log)] }
    guard outcome == .passed else { return [] }
    var subjects: [Subject] = []
    if isLatest, let before, before.outcome.isTrouble { subjects.append(.recovery(after: before.id)) }
    if !progress.driftedSteps.isEmpty { subjects.append(.drift(progress.driftedSteps)) }
    return subjects
}
