import Executing
import Foundation
import Home
import Logging
import Notices
import Plans
import Projects
import Promoting
import Registry
import Runs
import Store

/// What a step at work may ask of the engine.
package struct Asking: Sendable {
    /// Append a fact to the run.
    package let tell: @Sendable (StepFact) async -> Void
    /// Whether the run is to end early.
    let isStopping: @Sendable () async -> Bool
}

/// Runs one attempt of one step, whatever kind it is, to its end.
package struct StepRunner: Sendable {
    let home: Home
    let store: Store
    let executors: Executors
    let planner: any ProjectPlanner
    let registries: Registries
    let logger: Logger
    let troubles: Troubles

    package init(
        home: Home, store: Store, executors: Executors, planner: any ProjectPlanner, registries: Registries,
        logger: Logger, troubles: Troubles = Troubles()
    ) {
        self.home = home
        self.store = store
        self.executors = executors
        self.planner = planner
        self.registries = registries
        self.logger = logger
        self.troubles = troubles
    }

    package func run(
        _ step: PlannedStep, of run: StoredRun, progress: RunProgress, attempt: Int,
        project: StoredProject, ask: Asking
    ) async -> StepResult {
        do {
            let result = try await attemptStep(
                step, of: run, progress: progress, attempt: attempt, project: project, ask: ask)
            write(result.said, toLogOf: Attempt(run: run.id, step: step.name, number: attempt), of: step)
            return result
        } catch is CancellationError {
            return StepResult(outcome: .cancelled)
        } catch let error as DaemonError {
            return StepResult(outcome: .refused(reason: "\(error)"))
        } catch let error as RegistryError {
            return StepResult(outcome: .refused(reason: "\(error)"))
        } catch {
            logger.error("run \(run.id), step \(step.name): \(error)")
            return StepResult(outcome: .lost(reason: "\(error)"))
        }
    }

    private func attemptStep(
        _ step: PlannedStep, of run: StoredRun, progress: RunProgress, attempt: Int,
        project: StoredProject, ask: Asking
    ) async throws -> StepResult {
        if run.plan.settings.registry.model != nil {
            try await patiently(ask, project) {
                try await registries.prepare(run.plan.settings.registry, experiment: run.plan.experiment)
            }
        }
        let incumbent = try await patiently(ask, project) { try await self.incumbent(for: step, of: run, progress) }
        let start = StepFact.started(attempt: attempt, incumbent: incumbent)
        let begins = progress[step.name].attempts < attempt
        // What the evidence is scored against must be known before any is made. Else the start is written while it happens:
        // the folder of the attempt keeps it from happening twice.
        if begins, incumbent != nil { await ask.tell(start) }
        async let told: Void = begins && incumbent == nil ? ask.tell(start) : ()
        Failpoint.reach(.stepStarted)
        let result = try await perform(step, run, progress, attempt, project, incumbent, ask)
        await told
        return result
    }

    private func perform(
        _ step: PlannedStep, _ run: StoredRun, _ progress: RunProgress, _ attempt: Int, _ project: StoredProject,
        _ incumbent: String?, _ ask: Asking
    ) async throws -> StepResult {
        let action = step.action.body
        if run.plan.trigger == .local, let reason = action.reasonToSkipLocally {
            return StepResult(outcome: .skipped(reason: reason))
        }
        if run.plan.settings.isIsolated ?? false, let reason = action.reasonToSkipIsolated {
            return StepResult(outcome: .skipped(reason: reason))
        }
        if run.plan.isCheck, let reason = action.reasonToSkipInChange {
            return StepResult(outcome: .skipped(reason: reason))
        }
        guard action.isCommand else {
            return try await patiently(ask, project) { try await self.perform(step, run, progress) }
        }
        let job = Job(
            attempt: Attempt(run: run.id, step: step.name, number: attempt), step: step, run: run, progress: progress,
            command: try run.plan.command(of: step), repository: project.repository,
            variables: try await variables(step, run, progress, incumbent: incumbent))
        return try await perform(job, project, ask)
    }

    /// Start the job's command, or find the one that is already running, and wait for its end.
    private func perform(_ job: Job, _ project: StoredProject, _ ask: Asking) async throws -> StepResult {
        let executor = try executors.executor(of: job.step)
        // Also for a daemon that finds the step started, and its command not.
        if try !executor.wasStarted(job.attempt) {
            let obstacle = try await patiently(ask, project) {
                try await self.obstacle(to: job.step, of: job.run, job.progress, project)
            }
            if let obstacle { return StepResult(outcome: .refused(reason: obstacle)) }
            if await ask.isStopping() { throw CancellationError() }
            try await executor.start(job)
        }
        if await ask.isStopping() { executor.stop(job.attempt) }
        return try await executor.result(of: job)
    }

    /// Why a command must not start: a version that is not what was registered, a plan that nobody has seen.
    private func obstacle(to step: PlannedStep, of run: StoredRun, _ progress: RunProgress, _ project: StoredProject)
        async throws -> String?
    {
        if run.plan.trigger.as(RollbackTrigger.self) != nil {
            return try await promoter(of: run).problem(restoredBy: run)
        }
        // Once for a run: what has passed was started after the version was looked at.
        if let pinned = try await store.pinned(for: run.plan.trigger),
            !run.plan.steps.contains(where: { progress[$0.name].state == .ended(.passed) }),
            let problem = try await promoter(of: run).problem(of: pinned, for: run)
        {
            return problem
        }
        guard let apply = step.action.as(TerraformApplyAction.self), apply.isShown else { return nil }
        return try await ShownPlans(store: store, planner: planner, project: project)
            .obstacle(to: apply.plan.step, of: run)
    }

    /// The starts of steps whose minders exist, and that nobody could write down any more.
    func unnotedStarts(of run: StoredRun) -> [Recorded] {
        let progress = run.progress
        return progress.next().ready.compactMap { step in
            let attempt = progress[step.name].attempts + 1
            let started = try? executors.executor(of: step).wasStarted(
                Attempt(run: run.id, step: step.name, number: attempt))
            guard started ?? false else { return nil }
            return Recorded(step: step.name, fact: .started(attempt: attempt, incumbent: nil), at: Date())
        }
    }

    /// The result of an earlier run that the step may take.
    func earlierResult(of step: PlannedStep, in run: StoredRun) async throws -> StoredResult? {
        guard let key = step.reuse?.key, let trust = run.plan.trust else { return nil }
        return try await store.result(key: key.digest, trust: trust, tree: run.plan.tree, project: run.project)
    }

    /// Lay out an earlier result for a step, checked file by file.
    ///
    /// - Returns: its kept outputs, name → path; `nil` when the result is damaged: it is forgotten, and the step has to run.
    package func restore(_ known: StoredResult, for step: PlannedStep, of run: Int64, attempt: Int) async -> [String:
        String]?
    {
        do {
            let outputs = try await executors.executor(of: step).restore(
                known.result, for: Attempt(run: run, step: step.name, number: attempt))
            if let outputs { return outputs }
            logger.warning("the kept result of step \(step.name) of run \(known.run) is damaged, and is made anew")
            try await store.discard(result: known.id)
        } catch {
            logger.warning("the kept result of step \(step.name) of run \(known.run) cannot be taken: \(error)")
        }
        return nil
    }

    /// What a step without a command has to say goes where a command's output goes. What was done stays done, also where
    /// nothing can be written there.
    private func write(_ lines: [String], toLogOf attempt: Attempt, of step: PlannedStep) {
        guard !lines.isEmpty else { return }
        do {
            try executors.executor(of: step).write(lines, toLogOf: attempt)
        } catch {
            logger.warning("the log of \(attempt) could not be written: \(error)")
        }
    }

    /// The last lines that the first step that failed has printed; none where it printed nothing.
    package func logTail(of run: Int64, _ progress: RunProgress) -> [String] {
        guard let attempt = progress.firstFailedAttempt(of: run), let step = progress.plan.step(named: attempt.step)
        else { return [] }
        return (try? executors.executor(of: step))?.logTail(of: attempt) ?? []
    }

    func registry(_ run: StoredRun) async throws -> MLflow {
        try await registries.registry(run.plan.settings.registry)
    }

    func promoter(of run: StoredRun) async throws -> ModelPromoter {
        ModelPromoter(registry: try await registry(run), leases: registries.leases, store: store, home: home)
    }

    /// Do something that needs the registry or the store, and may be done twice; while they do not answer, wait and say so.
    /// Nothing is given up: the step's own end comes when they do, or when the run is cancelled.
    private func patiently<T: Sendable>(
        _ ask: Asking, _ project: StoredProject, _ work: @Sendable () async throws -> T
    ) async throws -> T {
        var pause = 0.25
        var said = false
        var registryIsAway = false
        // Also when the run is cancelled: then nobody waits for the registry any more.
        defer { if registryIsAway { troubles.clear(.registry, of: project.name) } }
        while true {
            do {
                return try await work()
            } catch {
                let passes = error is MoveUnderWay || error is LeaseHeld || (error as? RegistryError)?.mayPass ?? false
                guard passes || isStorageTrouble(error) else { throw error }
                if !said { await ask.tell(.waiting(reason: "\(error)")) }
                said = true
                if error is RegistryError {
                    registryIsAway = true
                    troubles.raise(
                        .registry, of: project.name, what: "\(error), and steps wait for it",
                        remedy: "start the registry again, or mend `registry:` of the environment; the steps then go on"
                    )
                }
                if await ask.isStopping() { throw CancellationError() }
                try await Task.sleep(for: .seconds(pause))
                pause = min(pause * 2, 15)
            }
        }
    }

    /// The incumbent that evidence made by this step is scored against: asked for once, when the step starts.
    private func incumbent(for step: PlannedStep, of run: StoredRun, _ progress: RunProgress) async throws -> String? {
        let settings = run.plan.settings.registry
        if progress[step.name].attempts > 0 { return progress[step.name].incumbent }
        guard step.action.body.readsIncumbent, progress.registeredModel(above: step) != nil, let model = settings.model,
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
        var variables = ["MLFLOW_EXPERIMENT_NAME": run.plan.experiment]
        variables["MLFLOW_TRACKING_URI"] = try await registry(run).url
        variables["ESPALIER_CHAMPION_URI"] = incumbent.map { "models:/\(model)/\($0)" }
        variables["ESPALIER_MODEL_URI"] = progress.registeredModel(above: step)
        if let rollback = run.plan.trigger.as(RollbackTrigger.self) {
            variables["ESPALIER_MODEL_URI"] = "models:/\(rollback.model)/\(rollback.version)"
        }
        if let pinned = try await store.pinned(for: run.plan.trigger) { variables["ESPALIER_MODEL_URI"] = pinned.uri }
        return variables
    }
}

extension Plan {
    /// Where in MLflow its steps log: one experiment for each environment, so that searches find what earlier ones tried.
    fileprivate var experiment: String { "\(project)-\(environment)" }
}
