import Events
import Executing
import Foundation
import Home
import Plans
import Projects
import Registry
import Runs
import Store

/// The daemon's own record of how a version was registered.
package struct Registration: Sendable {
    package let run: Int64
    package let plan: Plan
    /// Nil for a version from before statements existed, and when the server does not serve the files.
    package let stated: Stated?

    /// - Parameter progress: of the run that registered the version.
    init(of version: String, _ model: String, by run: StoredRun, _ progress: RunProgress) {
        self.run = run.id
        plan = run.plan
        // Only from a `register` step, because any other step could report the same values.
        stated =
            run.plan.steps.filter(\.registers).map { progress[$0.name].values }
            .first { $0["model"] == model && $0["version"] == version }.flatMap(Stated.init)
    }
}

extension PlannedStep {
    fileprivate var registers: Bool {
        action.as(RegisterAction.self) != nil
    }
}

/// Whether a version is still what was registered.
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
    /// Check that a version is the one that was registered, and that its files are the ones that were signed.
    package func verify(_ version: String, of model: String, project: String, registeredBy registration: Registration?)
        async throws -> VersionCheck
    {
        let found: ModelVersion
        switch try await self.version(version, of: model, project: project, registeredBy: registration?.run) {
        case .failure(let reason): return .refused(reason: reason.text)
        case .success(let version): found = version
        }
        guard let registration, let stated = registration.stated else {
            return .asRegistered(
                remark: "the files of \(model) \(version) are not verified: nothing was stated when it was registered")
        }
        // The registry says where the files are now. It does not say what they must contain.
        let provenance = Provenance(registry: registry, home: home)
        if let problem = try await provenance.problem(of: found.source, as: model, stated, of: registration.plan) {
            return .refused(
                reason:
                    "\(problem); put back what \(model) \(version) was registered with, or let another version be champion"
            )
        }
        return .asRegistered(
            remark: stated.signature == nil
                ? "\(model) \(version) is from before models were signed: what was stated about it is verified" : nil)
    }

    /// Why the version that a run is pinned to must not be used. It was verified when it became champion, and is
    /// checked again before it is loaded. Nil when it may be used, and for a version that was not promoted here.
    package func problem(of pinned: PinnedVersion, for run: StoredRun) async throws -> String? {
        guard let registration = try await registration(of: pinned.version, pinned.model),
            case .refused(let reason) = try await verify(
                pinned.version, of: pinned.model, project: run.plan.project, registeredBy: registration)
        else { return nil }
        return reason
    }

    /// A version in the registry. The result says so when it is not the one that was registered: when it is gone, or
    /// when another version has its number.
    ///
    /// - Parameter run: the run that registered it; any run of the project when absent.
    package func version(_ version: String, of model: String, project: String, registeredBy run: Int64?) async throws
        -> Result<ModelVersion, NotRegistered>
    {
        guard let found = try await registry.version(version, of: model) else {
            return .failure(NotRegistered(text: "MLflow has no \(model) \(version) any more"))
        }
        let isOurs =
            found.tags["espalier.project"] == project
            && (run == nil || found.tags["espalier.run"] == run.map { "\($0)" })
        return isOurs
            ? .success(found)
            : .failure(
                NotRegistered(
                    text: "\(model) \(version) is not the version that was registered: somebody has created it again"))
    }

    /// How the version that a decision makes champion was registered.
    func registration(for decision: DecisionBody) async throws -> Registration? {
        guard decision.evidenceSHA256 != nil else {
            return try await registration(of: decision.challenger, decision.model)
        }
        let run = try await store.run(decision.run)
        return Registration(of: decision.challenger, decision.model, by: run, run.progress)
    }

    /// How an earlier champion was registered, from the run of its latest promotion.
    func registration(of version: String, _ model: String) async throws -> Registration? {
        let promoted = try await store.tenures().last { tenure in
            tenure.move.model == model && tenure.move.to == version && tenure.decision.body.evidenceSHA256 != nil
        }
        guard let promoted else { return nil }
        let run = try await store.run(promoted.decision.body.run)
        return Registration(of: version, model, by: run, run.progress)
    }
}
