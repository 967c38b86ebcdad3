import Digests
import Foundation
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
/// - Parameter folder: its output `plan`.
/// - Throws: `DaemonError` when that is no plan.
func readInfrastructure(_ place: Infrastructure, in folder: String) throws -> (InfrastructureRecord, [String: String]) {
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
        place: place.place, configuration: plan.configuration, body: try json(plan), text: text)
    return (record, ["plan": plan.summary])
}

private func json(_ plan: InfrastructurePlan) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(plan), as: UTF8.self)
}

extension StoredInfrastructure {
    /// As it was planned; `nil` for what another version of Espalier has written.
    var plan: InfrastructurePlan? {
        try? JSONDecoder().decode(InfrastructurePlan.self, from: Data(record.body.utf8))
    }
}

extension Plan {
    /// What a step that is a process of its own runs.
    func command(of step: PlannedStep) throws -> String {
        switch step.action {
        case .run(let command): return command
        case .plan(let infrastructure): return infrastructure.planCommand
        case .apply(let plan, _):
            guard case .plan(let infrastructure) = self.step(named: plan.step)?.action else { break }
            return infrastructure.applyCommand(planOf: plan.step)
        case .register, .promote, .restore: break
        }
        throw DaemonError.refused("step '\(step.name)' is no command")
    }
}

extension Store {
    /// Why a run may not apply what one of its steps has planned; `nil` when merged changes have shown all of it.
    func obstacle(toPlanOf step: String, of run: StoredRun) async throws -> String? {
        guard let stored = try await infrastructure(ofRun: run.id).first(where: { $0.step == step }) else {
            return "step '\(step)' has planned nothing"
        }
        guard let plan = stored.plan else { return "its plan cannot be read any more: run the release again" }
        let shown = try await shownInfrastructure(like: stored.record, for: run).compactMap { body in
            try? JSONDecoder().decode(InfrastructurePlan.self, from: Data(body.utf8))
        }
        return plan.obstacle(shownBy: shown, place: stored.record.place, environment: run.plan.environment)
    }
}
