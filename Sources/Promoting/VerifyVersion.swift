import Foundation
import Plans
import Projects
import Registry
import Runs
import Store

/// How a version was created, from the daemon's own records.
package struct Registration: Sendable {
    package let run: Int64
    package let plan: Plan
    /// `nil` if the version is older than provenance statements, or the server does not serve files.
    package let stated: Stated?
    /// Whether a person accepted it as it was found in the registry.
    package let isAccepted: Bool

    /// - Parameter progress: the progress of the run that registered the version.
    init(of version: String, _ model: String, by run: StoredRun, _ progress: RunProgress) {
        self.run = run.id
        plan = run.plan
        isAccepted = false
        // Only `register` steps count: any other step could report the same values.
        stated =
            run.plan.steps.filter(\.registers).map { progress[$0.name].values }
            .first { $0["model"] == model && $0["version"] == version }.flatMap(Stated.init)
    }

    /// Of a version that this run accepted.
    init(accepted body: DecisionBody, by run: StoredRun) {
        self.run = run.id
        plan = run.plan
        isAccepted = true
        stated = body.stated.flatMap(Stated.init)
    }

    /// Why a version that was registered like this must not serve in a run of this plan; `nil` if it may.
    func obstacle(to serving: Plan) -> String? {
        guard plan.project == serving.project, plan.environment == serving.environment else {
            return "it was registered in \(plan.environment) of \(plan.project), not in \(serving.environment) of "
                + serving.project
        }
        // Plans of 0.1 do not say.
        guard serving.trust == .protected, let trust = plan.trust, trust != .protected else { return nil }
        return "it was registered when \(plan.environment) was not protected"
    }
}

extension PlannedStep {
    fileprivate var registers: Bool {
        action.as(RegisterAction.self) != nil
    }
}

/// What happened to a version since it was registered.
package enum VersionCheck: Sendable {
    /// - Parameter remark: what could not be verified; nil when everything was.
    case asRegistered(remark: String?)
    case refused(reason: String)
}

/// Why a version is not the one that was registered.
package struct NotRegistered: Error {
    package let text: String
}

extension ModelPromoter {
    /// Checks that a version is the one that was registered, and that its files are the ones that were signed.
    ///
    /// - Parameter keepsFiles: whether to keep the verified files for steps to read.
    package func verify(
        _ version: String, of model: String, project: String, registeredBy registration: Registration?,
        keepsFiles: Bool = false
    ) async throws -> VersionCheck {
        let found: ModelVersion
        switch try await self.version(version, of: model, project: project, registeredBy: registration) {
        case .failure(let reason): return .refused(reason: reason.text)
        case .success(let version): found = version
        }
        guard let registration, let stated = registration.stated else {
            return .asRegistered(
                remark: "the files of \(model) \(version) are not verified: nothing was stated when it was registered")
        }
        // The registry says where the files are, but not what they must contain.
        let provenance = Provenance(registry: registry, home: home)
        if let problem = try await provenance.problem(
            of: found.source, as: model, stated, of: registration.plan, keepsFiles: keepsFiles)
        {
            return .refused(
                reason:
                    "\(problem); put back what \(model) \(version) was registered with, or let another version be champion"
            )
        }
        return .asRegistered(
            remark: stated.signature == nil
                ? "\(model) \(version) is from before models were signed: what was stated about it is verified" : nil)
    }

    /// What is wrong with the version that a run is pinned to; `nil` if nothing is, or if the version never became champion
    /// here. A champion's files were signed, and they are checked again before anybody loads them. Then they are in
    /// `folder(of:)`.
    ///
    /// - Parameter isVerified: whether an earlier step of the run has verified it. Its files may have gone since.
    package func problem(of pinned: PinnedVersion, for run: StoredRun, isVerified: Bool) async throws -> String? {
        guard let registration = try await registration(of: pinned.version, pinned.model) else { return nil }
        if isVerified, registration.stated.map({ KeptModels(home: home).isThere($0.statement) }) ?? true { return nil }
        if let obstacle = registration.obstacle(to: run.plan) {
            return
                "\(pinned.model) \(pinned.version) must not be used here: \(obstacle); release it here, or let somebody "
                + "accept it: espalier decisions accept \(pinned.model) --version \(pinned.version)"
        }
        guard
            case .refused(let reason) = try await verify(
                pinned.version, of: pinned.model, project: run.plan.project, registeredBy: registration,
                keepsFiles: true)
        else { return nil }
        return reason
    }

    /// The folder with the verified files of the version that a run is pinned to; `nil` if nothing was stated about them.
    package func folder(of pinned: PinnedVersion) async throws -> String? {
        try await registration(of: pinned.version, pinned.model)?.stated.map {
            KeptModels(home: home).folder($0.statement)
        }
    }

    /// The version as the registry has it, or why it is not the one that was registered: it was deleted, or another
    /// model got its number.
    ///
    /// - Parameter registration: how it was registered. Absent: by any run of the project.
    package func version(_ version: String, of model: String, project: String, registeredBy registration: Registration?)
        async throws -> Result<ModelVersion, NotRegistered>
    {
        guard let found = try await registry.version(version, of: model) else {
            return .failure(NotRegistered(text: "MLflow has no \(model) \(version) any more"))
        }
        // What was accepted may be made by anybody; what was stated then says whether it is the same.
        let isOurs =
            registration?.isAccepted ?? false
            || found.tags["espalier.project"] == project
                && registration.map { found.tags["espalier.run"] == "\($0.run)" } ?? true
        return isOurs
            ? .success(found)
            : .failure(
                NotRegistered(
                    text: "\(model) \(version) is not the version that was registered: somebody has created it again"))
    }

    /// How the version that a decision promotes was created.
    func registration(for decision: DecisionBody) async throws -> Registration? {
        guard decision.evidenceSHA256 != nil || decision.isAccepted else {
            return try await registration(of: decision.challenger, decision.model)
        }
        return try await registration(by: decision)
    }

    /// How a former champion was created: by the run of its latest promotion, or as the person found it who accepted it.
    func registration(of version: String, _ model: String) async throws -> Registration? {
        guard let origin = try await store.origin(of: version, model) else { return nil }
        return try await registration(by: origin.body)
    }

    private func registration(by decision: DecisionBody) async throws -> Registration {
        let run = try await store.run(decision.run)
        return decision.isAccepted
            ? Registration(accepted: decision, by: run)
            : Registration(of: decision.challenger, decision.model, by: run, run.progress)
    }
}
