import Events
import Plans

extension StoredRun {
    /// The drift event that the end of the run causes; `nil` for none. Runs that drift itself started and runs of
    /// backfills cause none, because that could loop forever.
    public func driftFound(_ progress: RunProgress) -> DriftReport? {
        let found = progress.driftedSteps
        guard plan.trigger.body.mayReportDrift, !found.isEmpty else { return nil }
        return DriftReport(
            run: id, pipeline: plan.pipeline, environment: plan.environment,
            reason: found.map { $0.reason.isEmpty ? "step '\($0.name)' found drift" : $0.reason }.joined(
                separator: "; "),
            commit: plan.commit, branch: plan.branch)
    }
}
