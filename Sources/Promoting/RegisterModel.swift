import Events
import Executing
import Foundation
import Home
import Plans
import Projects
import Registry
import Runs
import Store

/// Registers the model that a step logged as a new version, with its lineage, and points the environment's candidate
/// alias to it.
package struct ModelRegistrar: Sendable {
    let registry: MLflow
    let home: Home

    package init(registry: MLflow, home: Home) {
        self.registry = registry
        self.home = home
    }

    package func register(_ model: Reference, step: PlannedStep, of run: StoredRun, progress: RunProgress) async throws
        -> StepResult
    {
        let settings = run.plan.settings.registry
        guard let name = settings.model else {
            return StepResult(
                outcome: .refused(
                    reason: "environment '\(run.plan.environment)' names no registered model: "
                        + "add registry: { model: NAME } to it"))
        }
        let named = try progress.value(of: model)
        let place = try await registry.location(of: named)
        let source = place.source
        let logged = progress[model.step].values
        let version = try await registry.register(
            model: name, source: source, runID: logged["run_id"] ?? place.run,
            tags: lineage(of: run, step: step, progress: progress), attemptTag: "espalier.registered_by")
        Failpoint.reach(.versionCreated)
        let stated = try await Provenance(registry: registry, home: home).state(
            source, as: name, by: step, of: run, progress)
        for (key, value) in stated?.values ?? [:] {
            try await registry.setTag("espalier.\(key)", to: value, of: name, version: version.version)
        }
        if let alias = settings.candidate { try await registry.setAlias(alias, of: name, to: version.version) }
        Failpoint.reach(.candidateSet)
        let values = ["model": name, "version": version.version, "model_uri": "models:/\(name)/\(version.version)"]
        return StepResult(
            outcome: .passed, values: values.merging(stated?.values ?? [:]) { $1 },
            said: [
                "registered \(named)\(named == source ? "" : ", which is \(source),") as \(name) \(version.version)"
            ]
                + (settings.candidate.map { ["alias \($0) points to it"] } ?? [])
                + [
                    stated.map { "its files are stated and signed: sha256:\($0.statement)" }
                        ?? "its files are not stated: the MLflow server does not pass them on"
                ])
    }

    /// The code, configuration and data that made this version. `espalier.registered_by` also prevents a second
    /// registration.
    private func lineage(of run: StoredRun, step: PlannedStep, progress: RunProgress) -> [String: String] {
        var tags = [
            "espalier.registered_by":
                "\(run.plan.project)/\(run.id)/\(step.name)/\(run.createdAt.timeIntervalSince1970)",
            "espalier.project": run.plan.project,
            "espalier.run": String(run.id),
            "espalier.environment": run.plan.environment,
            "espalier.branch": run.plan.branch,
            "espalier.commit": run.plan.commit.description,
            "espalier.tree": run.plan.tree.description,
            "espalier.configuration": "sha256:\(run.plan.configurationDigest)",
        ]
        for (dataset, digest) in progress.datasets { tags["espalier.dataset.\(dataset)"] = digest }
        return tags
    }
}

extension RunProgress {
    /// What the steps reported about the data that they read: `dataset.NAME=DIGEST` lines.
    package var datasets: [String: String] {
        var found: [String: String] = [:]
        for progress in steps.values {
            for (key, value) in progress.values where key.hasPrefix("dataset.") {
                found[String(key.dropFirst("dataset.".count))] = value
            }
        }
        return found
    }

    /// The model version that a `register` step above `step` created: `models:/NAME/VERSION`.
    package func registeredModel(above step: PlannedStep) -> String? {
        registration(above: step)?.registered
    }

    /// The nearest `register` step above `step` that created a version.
    func registration(above step: PlannedStep) -> StepProgress? {
        plan.upstream(of: step).map { self[$0.name] }.last { $0.registered != nil }
    }
}

extension StepProgress {
    /// The registered version; nil unless this is a `register` step that passed.
    package var registered: String? {
        values["model"] != nil && values["version"] != nil ? values["model_uri"] : nil
    }
}
