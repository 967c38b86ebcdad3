import Digests
import Events
import Foundation
import Plans
import Projects
import Promotion
import Registry
import Runs
import Store

/// Lets a challenger replace the incumbent when the evidence says so.
///
/// In this order: the evidence is kept by its digest, the decision is made by the pure rules, it is written into the
/// ledger together with the move it calls for, the alias is moved, read back, and confirmed. A crash in between is made
/// good by doing it again: what is in the ledger is not decided twice.
struct ModelPromoter: Sendable {
    let registry: MLflow
    let store: Store
    let home: Home

    func promote(
        _ evidence: Reference, _ rules: PromotionRules, step: PlannedStep, of run: StoredRun,
        progress: RunProgress
    ) async throws -> StepResult {
        let settings = run.plan.settings.registry
        guard let model = settings.model, let alias = settings.incumbent else {
            return StepResult(
                outcome: .refused(
                    reason: "environment '\(run.plan.environment)' has no incumbent alias: "
                        + "add registry: { model: NAME, aliases: { incumbent: champion } } to it"))
        }
        if let known = try await store.decision(ofRun: run.id, step: step.name) {
            return try await apply(known, settings)
        }
        guard let challenger = progress.registration(above: step)?.values["version"] else {
            return StepResult(outcome: .refused(reason: "no `register` step above '\(step.name)' made a version"))
        }
        let scoredAgainst = progress[evidence.step].incumbent
        let current = try await registry.version(ofAlias: alias, model: model)
        guard current == scoredAgainst else {
            return StepResult(
                outcome: .refused(
                    reason: "the incumbent changed from \(scoredAgainst ?? "none") to "
                        + "\(current ?? "none") after the evidence was made: push again to compare with it"))
        }
        let file = try progress.value(of: evidence)
        let judged = try judge(file, rules, incumbent: current != nil)
        let body = DecisionBody(
            project: run.plan.project, environment: run.plan.environment, run: run.id,
            commit: run.plan.commit.description, configurationDigest: run.plan.configurationDigest,
            datasets: progress.datasets, model: model, challenger: challenger, champion: current,
            evidenceSHA256: judged.digest, rules: rules, decision: judged.decision)
        let move =
            judged.decision.verdict == .promoted
            ? AliasMove(model: model, alias: alias, from: current, to: challenger) : nil
        let stored = try await store.decide(
            body, step: step.name, project: run.project, move: move, at: Date(),
            hash: { sha256($0) })
        Failpoint.reach(.decisionStored)
        return try await apply(stored, settings)
    }

    /// Read the evidence, keep it by its digest, and let the rules decide. The seed comes from the digest: the same
    /// evidence is always judged the same.
    private func judge(_ file: String, _ rules: PromotionRules, incumbent: Bool) throws -> (
        digest: String, decision: Decision
    ) {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        let digest = sha256(bytes)
        let kept = "\(home.evidence)/\(digest).csv"
        if !FileManager.default.fileExists(atPath: kept) {
            try Data(bytes).write(to: URL(fileURLWithPath: kept), options: .atomic)
        }
        Failpoint.reach(.evidenceKept)
        do throws(EvidenceProblem) {
            let evidence = try Evidence.parse(csv: bytes)
            let seed = UInt64(digest.prefix(16), radix: 16) ?? 0
            return (digest, decide(evidence, incumbent: incumbent, rules: rules, seed: seed))
        } catch {
            return (digest, decide(unreadable: error))
        }
    }

    /// Move the alias if the decision calls for it and nobody has confirmed it yet.
    private func apply(_ decision: StoredDecision, _ settings: RegistrySettings) async throws -> StepResult {
        if let move = try await store.unconfirmedMove(of: decision.id) {
            if try await registry.version(ofAlias: move.alias, model: move.model) != move.to {
                try await registry.setAlias(move.alias, of: move.model, to: move.to)
            }
            Failpoint.reach(.aliasMoved)
            let seen = try await registry.version(ofAlias: move.alias, model: move.model)
            guard seen == move.to else {
                throw RegistryError.unreachable(
                    registry.url,
                    reason: "alias '\(move.alias)' reads \(seen ?? "nothing") after it was set to \(move.to)")
            }
            if let stage = settings.stage { try await registry.setStage(stage, of: move.model, version: move.to) }
            try await store.confirmMove(of: decision.id, at: Date())
            Failpoint.reach(.aliasConfirmed)
        }
        return StepResult(
            outcome: .passed,
            values: [
                "decision": String(decision.id), "verdict": decision.body.decision.verdict.rawValue,
            ],
            said: ["decision \(decision.id) on evidence sha256:\(decision.body.evidenceSHA256 ?? "none")"]
                + decision.body.decision.reasons)
    }
}
