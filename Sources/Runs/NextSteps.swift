import Plans

/// What can happen next in a run.
public struct NextSteps: Sendable, Hashable {
    /// Steps that can start now, in plan order.
    public let ready: [PlannedStep]
    /// Steps that will never start, with the reason.
    public let skipped: [String: Outcome]
}

extension RunProgress {
    /// Decides which steps can start and which never will.
    public func next() -> NextSteps {
        var ready: [PlannedStep] = []
        var skipped: [String: Outcome] = [:]
        for step in plan.steps {
            if canRetry(step) {
                ready.append(step)
                continue
            }
            guard self[step.name].state == .pending else { continue }
            if let broken = step.needs.first(where: { isBroken($0, skipped) }) {
                skipped[step.name] = .skipped(reason: "'\(broken)' did not pass")
            } else if step.needs.allSatisfy({ self[$0].state.outcome?.satisfies ?? false }) {
                ready.append(step)
            }
        }
        return NextSteps(ready: ready, skipped: skipped)
    }

    private func isBroken(_ name: String, _ skipped: [String: Outcome]) -> Bool {
        if skipped[name] != nil { return true }
        guard let outcome = self[name].state.outcome, !outcome.satisfies else { return false }
        return !(plan.step(named: name).map(canRetry) ?? false)
    }
}
