import Changes
import Plans
import Projects
import Runs
import Store
import Terraform

/// The infrastructure plans that merged changes have shown. Releases may apply only these.
struct ShownPlans {
    let store: Store
    let planner: any ProjectPlanner
    let project: StoredProject

    /// Why a run may not apply a step's plan; `nil` if merged changes have shown all of it.
    func obstacle(to step: String, of run: StoredRun) async throws -> String? {
        guard let stored = try await store.infrastructure(ofRun: run.id).first(where: { $0.step == step }) else {
            return "step '\(step)' has planned nothing"
        }
        guard let plan = InfrastructurePlan(json: stored.record.body) else {
            return "its plan cannot be read any more: run the release again"
        }
        let project = try planner.trustedProject(in: project)
        var shown: [InfrastructurePlan] = []
        for checked in try await store.infrastructure(like: stored.record, for: run)
        where try await counts(checked, project) {
            guard let plan = InfrastructurePlan(json: checked.body) else { continue }
            shown.append(plan)
        }
        return plan.obstacle(shownBy: shown, place: stored.record.place, environment: run.plan.environment)
    }

    /// Whether this plan belongs to the merged head, not an earlier one, and to the default or a protected branch.
    ///
    /// - Parameter project: as of the tip of its default branch.
    private func counts(_ checked: CheckedInfrastructure, _ project: Project?) async throws -> Bool {
        guard let project, let change = try await store.change(checked.change), case .merged = change.state,
            change.events.last == checked.event
        else { return false }
        return change.target == project.defaultBranch
            || project.environment(ofBranch: change.target)?.protected ?? false
    }
}
