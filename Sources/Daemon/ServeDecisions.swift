import Changes
import Events
import Foundation
import Git
import Home
import Plans
import Projects
import Promoting
import Registry
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
        return try await start(request, project: run.project)
    }

    private func start(_ request: RollbackRequest, project: Int64) async throws -> [Int64] {
        let (model, version, reason) = (request.model, request.version, request.reason)
        let deed: Deed =
            request.accepts ?? false
            ? .acceptedVersion(model: model, version: version, reason: reason)
            : .askedForRollback(model: model, version: version, reason: reason)
        try await store.note(deed, by: request.by, project: project, at: Date())
        let event = try await store.store(.rollback(request), project: project, at: Date())
        bells.turn.ring()
        await engine.planned([event])
        return try await store.runs(ofEvent: event.id).map(\.id)
    }

    /// Accepts a version as champion that no rule judged here: one that somebody moved the alias to, or any other.
    ///
    /// - Returns: the runs that try the version and then write it into the ledger.
    func accept(_ wish: Command.RollBack) async throws -> [Int64] {
        let using = try await store.plansInUse(of: wish.model).filter { $0.plan.settings.registry.incumbent != nil }
        let environments = Set(using.map(\.plan.environment)).sorted()
        guard !environments.isEmpty else {
            throw DaemonError.refused("no environment that has run here has champions of a model '\(wish.model)'")
        }
        guard wish.environment != nil || using.count == 1 else {
            throw DaemonError.refused(
                "'\(wish.model)' is used in \(environments.joined(separator: " and ")): name one with --environment")
        }
        guard let (project, plan) = using.first(where: { $0.plan.environment == wish.environment ?? environments[0] })
        else {
            throw DaemonError.refused(
                "'\(wish.model)' is not used in \(wish.environment ?? ""), but in \(environments.joined(separator: " and "))"
            )
        }
        let version = try await self.version(toAccept: wish, plan)
        // The code that serves the model now has to work with the version.
        let served = try await store.tenures(of: wish.model).last {
            $0.decision.body.environment == plan.environment && $0.decision.body.project == plan.project
        }
        let code = if let served { try await store.run(served.decision.body.run).plan } else { plan }
        return try await start(
            RollbackRequest(
                environment: plan.environment, model: wish.model, version: version, commit: code.commit,
                branch: code.branch, by: wish.by, reason: wish.reason, accepts: true), project: project)
    }

    private func version(toAccept wish: Command.RollBack, _ plan: Plan) async throws -> String {
        if let version = wish.version { return version }
        let settings = plan.settings.registry
        let alias = settings.incumbent ?? ""
        let registry = try await registries.registry(settings)
        if let version = try await registry.version(ofAlias: alias, model: wish.model) { return version }
        throw DaemonError.refused(
            "the registry has no '\(alias)' of \(wish.model): name the version that becomes champion with --version")
    }
}
