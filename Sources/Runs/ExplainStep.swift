import Plans

/// An earlier run of the same step, to compare with.
public struct EarlierStep: Sendable {
    public let run: Int64
    public let key: StepKey
    public let state: StepState

    public init(run: Int64, key: StepKey, state: StepState) {
        self.run = run
        self.key = key
        self.state = state
    }
}

/// Explains why a step ran, did not run, or has not run yet.
///
/// - Parameters:
///   - earlier: the last run of the same step before this one, on the same branch if there is one.
///   - files: for parts of the key that are files, the files that changed since then.
public func explanation(
    of step: PlannedStep, in run: RunProgress, earlier: EarlierStep?, files: (_ part: String) -> [String]
) -> String {
    let progress = run[step.name]
    switch progress.state {
    case .pending:
        let missing = step.needs.filter { !(run[$0].state.outcome?.satisfies ?? false) }
        return missing.isEmpty ? "waits for its turn" : "waits for \(missing.joined(separator: ", "))"
    case .ended(.reused(let run)): return "nothing that it reads has changed since run \(run)"
    case .ended(let outcome) where progress.attempts == 0 || outcome == .cancelled:
        return outcome.detail.isEmpty ? outcome.word : outcome.detail
    default: return whyItRan(step, earlier, files)
    }
}

private func whyItRan(_ step: PlannedStep, _ earlier: EarlierStep?, _ files: (String) -> [String]) -> String {
    switch step.reuse {
    case nil: return "it was planned by a version that reuses nothing"
    case .never(let reason): return "it always runs: \(reason)"
    case .byKey(let key):
        guard let earlier else { return "no earlier run of it is known" }
        let changed = key.changes(since: earlier.key).map { part in
            let names = files(part)
            return names.isEmpty ? part : "\(part) (\(list(names)))"
        }
        if !changed.isEmpty { return "since run \(earlier.run) changed: \(changed.joined(separator: "; "))" }
        if earlier.state.outcome?.satisfies ?? false {
            return
                "nothing has changed since run \(earlier.run), but its result may not be taken here: it is from code "
                + "that is trusted less, or is no longer kept"
        }
        return "nothing has changed since run \(earlier.run), which did not pass (\(earlier.state.word))"
    }
}

private func list(_ names: [String]) -> String {
    names.count <= 5
        ? names.joined(separator: ", ") : names.prefix(4).joined(separator: ", ") + " and \(names.count - 4) more"
}
