import Changes
import Events
import Foundation
import Git
import Home
import Plans
import Projects
import Running
import Runs
import Store

/// Requests of people about models.
extension Daemon {
    /// Records a person's approval of a promotion whose rules have passed.
    func approve(decision number: Int64, by name: String) async throws -> String {
        guard let decision = try await store.decision(number) else {
            throw DaemonError.refused("there is no decision \(number): `espalier decisions` lists them")
        }
        guard try await store.unconfirmedMove(of: number) != nil, decision.body.approvalsNeeded != nil else {
            throw DaemonError.refused("decision \(number) has no pending approval")
        }
        let run = try await store.run(decision.body.run)
        guard let project = try await store.projects().first(where: { $0.id == run.project }) else {
            throw DaemonError.refused("the project of decision \(number) is not adopted here any more")
        }
        if let commit = ObjectID(decision.body.commit),
            let author = try? Repository(at: project.repository).commit(commit),
            isPerson(name, "\(author.author) <\(author.email)>")
        {
            throw DaemonError.refused("\(name) wrote the commit of decision \(number): somebody else has to approve it")
        }
        guard try await store.approve(decision, by: name, project: project.id, at: Date()) else {
            return "\(name) has approved decision \(number) before"
        }
        bells.approvals.ring()
        let missing = try await store.approvalsMissing(for: decision)
        return missing == 0
            ? "decision \(number) is approved: \(decision.body.model) \(decision.body.challenger) becomes champion"
            : "decision \(number) waits for \(missing) more"
    }

    /// Rolls a model back to the previous champion, or to another former champion.
    ///
    /// - Returns: the runs that try the version and then move the alias.
    func rollBack(_ wish: Command.RollBack) async throws -> [Int64] {
        let (model, name, reason) = (wish.model, wish.by, wish.reason)
        let all = try await store.tenures(of: model)
        let environments = Set(all.map(\.decision.body.environment)).sorted()
        let wanted = wish.environment ?? environments.first ?? ""
        guard !all.isEmpty else {
            throw DaemonError.refused("'\(model)' has never had a champion that Espalier made")
        }
        guard environments.contains(wanted), wish.environment != nil || environments.count == 1 else {
            throw DaemonError.refused(
                "'\(model)' has champions in \(environments.joined(separator: " and ")): name one with --environment")
        }
        let tenures = all.filter { $0.decision.body.environment == wanted }
        guard let current = tenures.last else { throw DaemonError.refused("\(model) has no champion in \(wanted)") }
        let run = try await store.run(current.decision.body.run)
        let version = wish.version ?? championBefore(tenures)
        // Includes the current champion: somebody else may have moved the alias away from it.
        let known = Set(tenures.map(\.move.to))
        guard let version, known.contains(version) else {
            throw DaemonError.refused(
                version.map { version in
                    "\(model) \(version) was not champion before; these were: "
                        + known.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }.joined(separator: ", ")
                } ?? "there is no champion before \(model) \(current.move.to) to go back to")
        }
        let request = RollbackRequest(
            environment: wanted, model: model, version: version, commit: run.plan.commit, branch: run.plan.branch,
            by: name, reason: reason)
        try await store.note(
            .askedForRollback(model: model, version: version, reason: reason), by: name, project: run.project,
            at: Date())
        let event = try await store.store(.rollback(request), project: run.project, at: Date())
        bells.turn.ring()
        await engine.planned([event])
        return try await store.runs(ofEvent: event.id).map(\.id)
    }
}
