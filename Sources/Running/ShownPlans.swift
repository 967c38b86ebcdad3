import Changes
import Plans
import Projects
import Runs
import Store
import Terraform

/// What merged changes have shown, and releases may apply.
struct ShownPlans {
    let store: Store
    let planner: any ProjectPlanner
    let project: StoredProject

    /// Why a run may not apply what one of its steps has planned; `nil` when merged changes have shown all of it.
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

    /// Whether it is the plan of what was merged, not of an earlier head, and into a branch that others look after.
    ///
    /// - Parameter project: as its default branch has it.
    private func counts(_ checked: CheckedInfrastructure, _ project: Project?) async throws -> Bool {
        guard let project, let change = try await store.change(checked.change), case .merged = change.state,
            change.events.last == checked.event
        else { return false }
        return change.target == project.defaultBranch
            || project.environment(ofBranch: change.target)?.protected ?? false
    }
}
