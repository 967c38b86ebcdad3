import Digests
import Events
import Foundation
import Home
import Plans
import Projects
import Promotion
import Registry
import Runs
import Store

extension ModelPromoter {
    /// Makes the version that a rollback names the incumbent again. Goes through the ledger like any other move.
    package func restore(step: PlannedStep, of run: StoredRun) async throws -> StepResult {
        let settings = run.plan.settings.registry
        guard let asked = run.plan.trigger.as(RollbackTrigger.self), let alias = settings.incumbent else {
            return StepResult(
                outcome: .refused(reason: "environment '\(run.plan.environment)' has no incumbent alias any more"))
        }
        let (model, version) = (asked.model, asked.version)
        if let known = try await store.decision(ofRun: run.id, step: step.name) {
            return try await apply(known, settings)
        }
        let readAt = Date()
        try await leases.requireOwn(model, of: registry)
        let current = try await registry.version(ofAlias: alias, model: model)
        var ledger: LedgerChampion?
        if let place = ChampionPlace(settings, project: run.project, environment: run.plan.environment) {
            ledger = try await store.ledgerState(of: place).champion
        }
        // Where only the registry says so, it still has to go through the ledger.
        guard current != version || ledger?.version != version else {
            return StepResult(outcome: .refused(reason: "\(model) \(version) is the incumbent already"))
        }
        let check = try await check(version, of: model, restoredBy: run)
        if case .refused(let reason) = check { return StepResult(outcome: .refused(reason: reason)) }
        var stated: Stated?
        if asked.accepts ?? false, let found = try await registry.version(version, of: model) {
            stated = try await Provenance(registry: registry, home: home).state(
                try await registry.location(of: found.source).source, as: model, by: step, of: run, run.progress)
        }
        let now = Date()
        let body = DecisionBody(
            project: run.plan.project, environment: run.plan.environment, run: run.id,
            commit: run.plan.commit.description, configurationDigest: run.plan.configurationDigest, datasets: [:],
            model: model, challenger: version, champion: ledger?.version ?? current, evidenceSHA256: nil,
            rules: PromotionRules(),
            decision: asked.accepts ?? false
                ? decide(acceptingFor: asked.by, because: asked.reason)
                : decide(restoringFor: asked.by, because: asked.reason), decidedAt: now, stated: stated?.values)
        let stored = try await store.decide(
            body, step: step.name, project: run.project, on: alias,
            move: AliasMove(model: model, alias: alias, from: current, to: version), asOf: readAt,
            at: now, hash: { sha256($0) })
        Failpoint.reach(.decisionStored)
        return try await apply(stored, settings, verified: check)
    }

    /// What is wrong with the version that a rollback restores; `nil` if nothing is. Also checked before the model is
    /// loaded, because loading a model runs code in it.
    package func problem(restoredBy run: StoredRun) async throws -> String? {
        guard let asked = run.plan.trigger.as(RollbackTrigger.self),
            case .refused(let reason) = try await check(asked.version, of: asked.model, restoredBy: run)
        else { return nil }
        return reason
    }

    private func check(_ version: String, of model: String, restoredBy run: StoredRun) async throws -> VersionCheck {
        let registration = try await registration(of: version, model)
        let accepts = run.plan.trigger.as(RollbackTrigger.self)?.accepts ?? false
        guard let registration else {
            guard accepts else {
                return try await verify(version, of: model, project: run.plan.project, registeredBy: nil)
            }
            return try await registry.version(version, of: model) == nil
                ? .refused(reason: "MLflow has no \(model) \(version)")
                : .asRegistered(remark: "\(model) \(version) is accepted as it is: nobody promoted it here")
        }
        if !accepts, let obstacle = registration.obstacle(to: run.plan) {
            return .refused(reason: "\(model) \(version) must not come back: \(obstacle)")
        }
        return try await verify(version, of: model, project: run.plan.project, registeredBy: registration)
    }
}
