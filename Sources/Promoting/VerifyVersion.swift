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

    /// - Parameter progress: the progress of the run that registered the version.
    init(of version: String, _ model: String, by run: StoredRun, _ progress: RunProgress) {
        self.run = run.id
        plan = run.plan
        // Only `register` steps count: any other step could report the same values.
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
        // The registry says where the files are, but not what they must contain.
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

    /// What is wrong with the version that a run is pinned to; `nil` if nothing is, or if the version was never
    /// promoted here. A champion's files were signed, and they are checked again before anybody loads them.
    package func problem(of pinned: PinnedVersion, for run: StoredRun) async throws -> String? {
        guard let registration = try await registration(of: pinned.version, pinned.model),
            case .refused(let reason) = try await verify(
                pinned.version, of: pinned.model, project: run.plan.project, registeredBy: registration)
        else { return nil }
        return reason
    }

    /// The version as the registry has it, or why it is not the one that was registered: it was deleted, or another
    /// model got its number.
    ///
    /// - Parameter run: the run that registered it. Absent: any run of the project.
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

    /// How the version that a decision promotes was created.
    func registration(for decision: DecisionBody) async throws -> Registration? {
        guard decision.evidenceSHA256 != nil else {
            return try await registration(of: decision.challenger, decision.model)
        }
        let run = try await store.run(decision.run)
        return Registration(of: decision.challenger, decision.model, by: run, run.progress)
    }

    /// How a former champion was created: by the run of its latest promotion.
    func registration(of version: String, _ model: String) async throws -> Registration? {
        guard let promoted = try await store.promotion(of: version, model) else { return nil }
        let run = try await store.run(promoted.decision.body.run)
        return Registration(of: version, model, by: run, run.progress)
    }
}
