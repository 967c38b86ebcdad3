import Changes
import Digests
import Foundation
import Git
import Plans
import Projects
import Runs
import Store
import Terraform

/// More is no plan that anybody has looked at.
private let largestPlan = 64 << 20
/// What is kept of the text for people.
private let largestText = 256 << 10

/// Read what a step has planned: the record of it, and what it counts as having reported.
///
/// - Parameters:
///   - source: digest of what it was planned from.
///   - folder: its output `plan`.
/// - Throws: `DaemonError` when that is no plan.
func readInfrastructure(_ place: Infrastructure, from source: String, in folder: String) throws -> (
    InfrastructureRecord, [String: String]
) {
    func file(_ name: String) throws -> Data {
        let path = "\(folder)/\(name)"
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        guard let size, size <= largestPlan, let data = FileManager.default.contents(atPath: path) else {
            throw DaemonError.refused("plan/\(name) cannot be read, or is larger than \(largestPlan >> 20) MiB")
        }
        return data
    }
    let plan: InfrastructurePlan
    do {
        plan = try InfrastructurePlan.read(try file("plan.json")) { sha256($0) }
    } catch let error as UnreadablePlan {
        throw DaemonError.refused("plan/plan.json is no plan: \(error)")
    }
    var text = String(decoding: try file("plan.txt").prefix(largestText), as: UTF8.self)
    if text.utf8.count >= largestText { text += "\n… and more: plan/plan.txt has it all" }
    let record = InfrastructureRecord(
        place: place.place, configuration: sha256(source + plan.configuration), body: try json(plan), text: text)
    return (record, ["plan": plan.summary])
}

private func json(_ plan: InfrastructurePlan) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(plan), as: UTF8.self)
}

extension StoredInfrastructure {
    /// As it was planned; `nil` for what another version of Espalier has written.
    var plan: InfrastructurePlan? { InfrastructurePlan(json: record.body) }
}

extension InfrastructurePlan {
    fileprivate init?(json: String) {
        guard let plan = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
        self = plan
    }
}

extension Plan {
    /// What a step that is a process of its own runs.
    func command(of step: PlannedStep) throws -> String {
        guard let command = step.action.body.command({ self.step(named: $0)?.action }) else {
            throw DaemonError.refused("step '\(step.name)' is no command")
        }
        return command
    }
}

extension PlannedStep {
    var isPlan: Bool {
        action.as(TerraformPlanAction.self) != nil
    }
}

/// What merged changes have shown, and releases may apply.
struct ShownPlans {
    let store: Store
    let home: Home
    /// Path of the run's repository.
    let repository: String

    /// Why a run may not apply what one of its steps has planned; `nil` when merged changes have shown all of it.
    func obstacle(to step: String, of run: StoredRun) async throws -> String? {
        guard let stored = try await store.infrastructure(ofRun: run.id).first(where: { $0.step == step }) else {
            return "step '\(step)' has planned nothing"
        }
        guard let plan = stored.plan else { return "its plan cannot be read any more: run the release again" }
        let reader = ProjectReader(
            repository: try Repository(at: repository), home: home, fallbackName: run.plan.project)
        let project = try reader.trustedProject()
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
