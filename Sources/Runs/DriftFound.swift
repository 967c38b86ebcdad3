import Events
import Plans

extension StoredRun {
    /// The drift event to store when the run ends; `nil` for none. A run started by drift or by a backfill causes
    /// none, or drift would start runs for ever.
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
