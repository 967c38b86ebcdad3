import Digests
import Events
import Executing
import Foundation
import Home
import Plans
import Projects
import Promotion
import Registry
import Runs
import Store

/// Replaces the incumbent with a challenger if the evidence supports it.
///
/// The order: verify the version; keep the evidence by its digest; decide by the pure rules; write the decision and the
/// move that it requires into the ledger; move the alias, read it back, and confirm. After a crash the same steps run
/// again: a decision that is in the ledger is not made twice.
package struct ModelPromoter: Sendable {
    let registry: MLflow
    let leases: ModelLeases
    let store: Store
    let home: Home

    package init(registry: MLflow, leases: ModelLeases, store: Store, home: Home) {
        self.registry = registry
        self.leases = leases
        self.store = store
        self.home = home
    }

    package func promote(
        _ evidence: Reference, _ rules: PromotionRules, _ training: Reference?, step: PlannedStep, of run: StoredRun,
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
        let readAt = Date()
        try await leases.requireOwn(model, of: registry)
        let current = try await incumbent(settings, of: run)
        guard current == scoredAgainst else {
            return StepResult(
                outcome: .refused(
                    reason: "the incumbent changed from \(scoredAgainst ?? "none") to "
                        + "\(current ?? "none") after the evidence was made: push again to compare with it"))
        }
        let registration = Registration(of: challenger, model, by: run, progress)
        let check = try await verify(challenger, of: model, project: run.plan.project, registeredBy: registration)
        if case .refused(let reason) = check { return StepResult(outcome: .refused(reason: reason)) }
        let judged: Judged
        do {
            judged = try await judge(
                LeftFiles(
                    folder: home.run(run.id), evidence: try progress.value(of: evidence),
                    training: try training.map(progress.value)),
                rules, model: model,
                Circumstances(incumbent: current != nil, reported: progress.numbers(above: step)))
        } catch let error as LeftFileError {
            return StepResult(outcome: .refused(reason: "what '\(evidence.step)' left cannot be judged: \(error)"))
        }
        let now = Date()
        let body = DecisionBody(
            project: run.plan.project, environment: run.plan.environment, run: run.id,
            commit: run.plan.commit.description, configurationDigest: run.plan.configurationDigest,
            datasets: progress.datasets, model: model, challenger: challenger, champion: current,
            evidenceSHA256: judged.digest, rules: rules, decision: judged.decision, holdout: judged.holdout,
            decidedAt: now, approvalsNeeded: run.plan.settings.approvals)
        let move =
            judged.decision.verdict == .promoted
            ? AliasMove(model: model, alias: alias, from: current, to: challenger) : nil
        let stored = try await store.decide(
            body, step: step.name, project: run.project, on: alias, move: move, asOf: readAt, at: now,
            hash: { sha256($0) })
        Failpoint.reach(.decisionStored)
        return try await apply(stored, settings, verified: check)
    }

    /// The files from earlier steps that a decision is based on.
    private struct LeftFiles: Sendable {
        /// The run's folder: nothing outside it is read.
        let folder: String
        let evidence: String
        let training: String?
    }

    private struct Judged: Sendable {
        let digest: String
        let decision: Decision
        let holdout: Holdout?
    }

    /// Read the evidence, keep it by its digest, and let the rules decide. The seed comes from the digest, so the same
    /// evidence always gets the same verdict.
    ///
    /// - Throws: `LeftFileError` for a file that cannot be read.
    private func judge(
        _ files: LeftFiles, _ rules: PromotionRules, model: String, _ circumstances: Circumstances
    ) async throws -> Judged {
        let (digest, read) = try await onOwnThread { try keepAndRead(files) }
        Failpoint.reach(.evidenceKept)
        let evidence: Evidence
        switch read {
        case .failure(let problem): return Judged(digest: digest, decision: decide(unreadable: problem), holdout: nil)
        case .success(let found): evidence = found
        }
        var circumstances = circumstances
        let holdout = sha256(Array(evidence.ids.joined(separator: "\n").utf8))
        circumstances.earlierUses = try await store.uses(ofHoldout: holdout, model: model)
        let known = circumstances
        let decision = try await onOwnThread {
            var known = known
            if let training = files.training {
                known.trainingIDs = ids(in: try readLeftFile(training, in: files.folder, atMost: largestEvidence))
            }
            return decide(evidence, in: known, rules: rules, seed: seed(ofEvidence: digest))
        }
        return Judged(
            digest: digest, decision: decision,
            holdout: Holdout(sha256: holdout, earlierUses: known.earlierUses, compared: decision.resamples > 0))
    }

    private func keepAndRead(_ files: LeftFiles) throws -> (digest: String, Result<Evidence, EvidenceProblem>) {
        let bytes = try readLeftFile(files.evidence, in: files.folder, atMost: largestEvidence)
        let digest = sha256(bytes)
        let kept = "\(home.evidence)/\(digest).csv"
        if !FileManager.default.fileExists(atPath: kept) {
            try Data(bytes).write(to: URL(fileURLWithPath: kept), options: .atomic)
        }
        return (digest, Result { () throws(EvidenceProblem) in try Evidence.parse(csv: bytes) })
    }

    /// Moves the alias if the decision requires it, the move is not confirmed yet, and no approval is pending.
    ///
    /// - Parameter verified: an earlier check of the version, if there was one just now. Absent: the version is
    ///   verified here.
    package func apply(_ decision: StoredDecision, _ settings: RegistrySettings, verified: VersionCheck? = nil)
        async throws
        -> StepResult
    {
        var result = told(decision)
        let missing = try await store.approvalsMissing(for: decision)
        if missing > 0 {
            result.said.append(
                "waits for \(missing) more to approve it: espalier decisions approve \(decision.id) --as NAME")
            return result
        }
        guard let move = try await store.unconfirmedMove(of: decision.id) else { return result }
        let obstacle: String?
        do {
            obstacle = try await carryOut(move, of: decision, settings, verified: verified, &result)
        } catch let error as OtherLedger {
            obstacle = "decision \(decision.id) cannot be carried out: \(error)"
        }
        guard let obstacle else { return result }
        try await store.voidMove(of: decision.id, because: obstacle, at: Date())
        return StepResult(outcome: .refused(reason: obstacle))
    }

    /// - Returns: why the move cannot be made any more; `nil` if it was made.
    private func carryOut(
        _ move: AliasMove, of decision: StoredDecision, _ settings: RegistrySettings, verified: VersionCheck?,
        _ result: inout StepResult
    ) async throws -> String? {
        let body = decision.body
        let registration = try await registration(for: body)
        // Verify before taking the lease, because reading a large model takes longer than a lease lasts. But not while
        // another daemon holds the lease.
        try await leases.requireFree(move.model, of: registry)
        let check: VersionCheck
        if let verified {
            check = verified
        } else {
            check = try await verify(move.to, of: move.model, project: body.project, registeredBy: registration)
        }
        switch check {
        case .refused(let reason): return "decision \(decision.id) cannot be carried out: \(reason)"
        case .asRegistered(let remark):
            result.said += remark.map { [$0] } ?? []
            return try await leases.holding(move.model, of: registry) { lease in
                try await make(move, of: decision, registeredBy: registration, settings, lease)
            }
        }
    }

    /// - Returns: why the move cannot be made any more; `nil` if it was made.
    private func make(
        _ move: AliasMove, of decision: StoredDecision, registeredBy registration: Registration?,
        _ settings: RegistrySettings, _ lease: Lease
    ) async throws -> String? {
        let current = try await registry.version(ofAlias: move.alias, model: move.model)
        if let reason = try await obstacle(to: move, of: decision, registeredBy: registration, current) {
            return reason
        }
        guard lease.until > Date() else {
            throw RegistryError.unreachable(registry.url, reason: "its answers took longer than a lease lasts")
        }
        if current != move.to { try await registry.setAlias(move.alias, of: move.model, to: move.to) }
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
        return nil
    }

    /// Why a move cannot be made any more; `nil` if it can be made or already was.
    private func obstacle(
        to move: AliasMove, of decision: StoredDecision, registeredBy registration: Registration?, _ current: String?
    ) async throws -> String? {
        guard current == move.to || current == move.from else {
            return "decision \(decision.id) would move '\(move.alias)' from \(move.from ?? "nothing") to \(move.to), "
                + "and it has been moved to \(current ?? "nothing") meanwhile"
        }
        switch try await version(move.to, of: move.model, project: decision.body.project, registeredBy: registration) {
        case .success: return nil
        case .failure(let reason): return "decision \(decision.id) cannot be carried out: \(reason.text)"
        }
    }

    private func told(_ decision: StoredDecision) -> StepResult {
        StepResult(
            outcome: .passed,
            values: [
                "decision": String(decision.id), "verdict": decision.body.decision.verdict.rawValue,
            ],
            said: ["decision \(decision.id) on evidence sha256:\(decision.body.evidenceSHA256 ?? "none")"]
                + decision.body.decision.reasons)
    }
}

extension RunProgress {
    /// The numeric values that steps above this one reported.
    fileprivate func numbers(above step: PlannedStep) -> [String: Double] {
        plan.upstream(of: step).reduce(into: [:]) { numbers, above in
            for (key, value) in self[above.name].values { numbers[key] = Double(value) }
        }
    }
}
