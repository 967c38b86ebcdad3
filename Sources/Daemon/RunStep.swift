import Foundation
import Logging
import Minding
import Plans
import Projects
import Registry
import Runs
import Store

/// Runs one attempt of one step, whatever kind it is, to its end.
struct StepRunner: Sendable {
    let home: Home
    let store: Store
    let minders: Minders
    let workspaces: Workspaces
    let registries: Registries
    let logger: Logger

    /// - Parameter tell: appends a fact to the run.
    func run(
        _ step: PlannedStep, of run: StoredRun, progress: RunProgress, attempt: Int, repository: String,
        tell: @escaping @Sendable (StepFact) async -> Void
    ) async -> StepResult {
        do {
            let incumbent = try await whenRegistryAnswers(tell) {
                try await self.incumbent(for: step, of: run, progress)
            }
            if progress[step.name].attempts < attempt { await tell(.started(attempt: attempt, incumbent: incumbent)) }
            switch step.action {
            case .run(let command):
                let extra = try await variables(step, run, progress, incumbent: incumbent)
                return try await CommandRunner(home: home, minders: minders, workspaces: workspaces)
                    .run(
                        command, step: step, of: run, progress: progress, attempt: attempt, repository: repository,
                        extra: extra)
            case .register(let model):
                return try await whenRegistryAnswers(tell) {
                    try await ModelRegistrar(registry: try await registry(run))
                        .register(model, step: step, of: run, progress: progress)
                }
            case .promote(let evidence, let rules):
                return try await whenRegistryAnswers(tell) {
                    try await ModelPromoter(registry: try await registry(run), store: store, home: home)
                        .promote(evidence, rules, step: step, of: run, progress: progress)
                }
            }
        } catch let error as DaemonError {
            return StepResult(outcome: .refused(reason: "\(error)"))
        } catch let error as RegistryError {
            return StepResult(outcome: .refused(reason: "\(error)"))
        } catch {
            logger.error("run \(run.id), step \(step.name): \(error)")
            return StepResult(outcome: .lost(reason: "\(error)"))
        }
    }

    private func registry(_ run: StoredRun) async throws -> MLflow {
        try await registries.registry(run.plan.settings.registry)
    }

    /// Do something that needs the registry; while it cannot be reached, wait and say so. Nothing is given up: the step's
    /// own end comes when the registry does, or when the run is cancelled.
    private func whenRegistryAnswers<T: Sendable>(
        _ tell: @Sendable (StepFact) async -> Void,
        _ work: @Sendable () async throws -> T
    ) async throws -> T {
        var pause = 0.25
        var said = false
        while true {
            do {
                return try await work()
            } catch let error as RegistryError where error.mayPass {
                if !said { await tell(.waiting(reason: error.description)) }
                said = true
                try await Task.sleep(for: .seconds(pause))
                pause = min(pause * 2, 15)
            }
        }
    }

    /// The incumbent that evidence made by this step is scored against: asked for once, when the step starts.
    private func incumbent(for step: PlannedStep, of run: StoredRun, _ progress: RunProgress) async throws -> String? {
        let settings = run.plan.settings.registry
        if progress[step.name].attempts > 0 { return progress[step.name].incumbent }
        guard case .run = step.action, progress.registeredModel(above: step) != nil, let model = settings.model,
            let alias = settings.incumbent
        else { return nil }
        return try await registry(run).version(ofAlias: alias, model: model)
    }

    /// Where the tracking server is, and which models the step is about.
    private func variables(_ step: PlannedStep, _ run: StoredRun, _ progress: RunProgress, incumbent: String?)
        async throws
        -> [String: String]
    {
        let settings = run.plan.settings.registry
        guard let model = settings.model else { return [:] }
        var variables = ["MLFLOW_EXPERIMENT_NAME": "\(run.plan.project)-\(run.plan.environment)"]
        variables["MLFLOW_TRACKING_URI"] = try await registry(run).url
        variables["ESPALIER_CHAMPION_URI"] = incumbent.map { "models:/\(model)/\($0)" }
        variables["ESPALIER_MODEL_URI"] = progress.registeredModel(above: step)
        if case .fire(let id, _, _) = run.plan.trigger, let fire = try await store.fire(id), let model = fire.model,
            let version = fire.version
        {
            variables["ESPALIER_MODEL_URI"] = "models:/\(model)/\(version)"
        }
        return variables
    }
}
