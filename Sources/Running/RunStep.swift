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

/// What a running step may ask of the engine.
package struct Asking: Sendable {
    /// Appends a fact to the run.
    package let tell: @Sendable (StepFact) async -> Void
    /// Whether the run is to end early.
    let isStopping: @Sendable () async -> Bool
}

/// Runs one attempt of one step, of any kind, to its end.
package struct StepRunner: Sendable {
    let home: Home
    let store: Store
    let executors: Executors
    let planner: any ProjectPlanner
    let registries: Registries
    let logger: Logger
    let troubles: Troubles
    /// The way of steps to MLflow; `nil` if they go there themselves.
    let door: RegistryDoor?

    package init(
        home: Home, store: Store, executors: Executors, planner: any ProjectPlanner, registries: Registries,
        logger: Logger, troubles: Troubles = Troubles(), door: RegistryDoor? = nil
    ) {
        self.door = door
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
        } catch let error as OtherLedger {
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
        // The incumbent must be recorded before evidence is made. Otherwise the start is recorded concurrently: the attempt's
        // folder already prevents a second start.
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
        let attempt = Attempt(run: run.id, step: step.name, number: attempt)
        defer { door?.close(attempt) }
        let job = Job(
            attempt: attempt, step: step, run: run, progress: progress,
            command: try run.plan.command(of: step), repository: project.repository,
            variables: try await variables(attempt, step, run, progress, incumbent: incumbent))
        return try await perform(job, project, ask)
    }

    /// Starts the job's command, or finds it already running, and waits for its end.
    private func perform(_ job: Job, _ project: StoredProject, _ ask: Asking) async throws -> StepResult {
        let executor = try executors.executor(of: job.step)
        // Also runs if an earlier daemon recorded the start of the step but did not start its command.
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

    /// Why a command must not start: its model version differs from the registered one, or its plan was never shown.
    private func obstacle(to step: PlannedStep, of run: StoredRun, _ progress: RunProgress, _ project: StoredProject)
        async throws -> String?
    {
        if run.plan.trigger.as(RollbackTrigger.self) != nil {
            return try await promoter(of: run).problem(restoredBy: run)
        }
        if let pinned = try await store.pinned(for: run.plan.trigger) {
            // Once per run: if a step has passed, the version was already checked.
            let isVerified = run.plan.steps.contains { progress[$0.name].state == .ended(.passed) }
            let problem = try await promoter(of: run).problem(of: pinned, for: run, isVerified: isVerified)
            if let problem { return problem }
        }
        guard let apply = step.action.as(TerraformApplyAction.self), apply.isShown else { return nil }
        return try await ShownPlans(store: store, planner: planner, project: project)
            .obstacle(to: apply.plan.step, of: run)
    }

    /// Starts that were not recorded although the steps' minders exist.
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

    /// The result of an earlier run that the step may reuse.
    func earlierResult(of step: PlannedStep, in run: StoredRun) async throws -> StoredResult? {
        guard let key = step.reuse?.key, let trust = run.plan.trust else { return nil }
        return try await store.result(
            key: key.digest, trust: trust, sameTree: run.plan.isIsolated(step) ? run.plan.tree : nil,
            project: run.project)
    }

    /// Restores an earlier result for a step, verified file by file.
    ///
    /// - Returns: its kept outputs, name → path; `nil` if the result is damaged: it is discarded and the step must run.
    package func restore(
        _ known: StoredResult, for step: PlannedStep, of run: Int64, attempt: Int, trust: Trust
    ) async -> [String: String]? {
        do {
            let outputs = try await executors.executor(of: step).restore(
                known.result, for: Attempt(run: run, step: step.name, number: attempt), trust: trust)
            if let outputs { return outputs }
            logger.warning("the kept result of step \(step.name) of run \(known.run) is damaged, and is made anew")
            try await store.discard(result: known.id)
        } catch {
            logger.warning("the kept result of step \(step.name) of run \(known.run) cannot be taken: \(error)")
        }
        return nil
    }

    /// Writes the messages of a step without a command to its log. If the log cannot be written, the step's effects still
    /// stand.
    private func write(_ lines: [String], toLogOf attempt: Attempt, of step: PlannedStep) {
        guard !lines.isEmpty else { return }
        do {
            try executors.executor(of: step).write(lines, toLogOf: attempt)
        } catch {
            logger.warning("the log of \(attempt) could not be written: \(error)")
        }
    }

    /// The last lines of output of the first failed step; empty if it printed nothing.
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

    /// Does idempotent work that needs the registry or the store. While they do not answer, records the reason, waits and
    /// retries until they do or the run is cancelled.
    private func patiently<T: Sendable>(
        _ ask: Asking, _ project: StoredProject, _ work: @Sendable () async throws -> T
    ) async throws -> T {
        var pause = 0.25
        var said = false
        var registryIsAway = false
        // Also when the run is cancelled: then it no longer waits for the registry.
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

    /// The incumbent to compare this step's evidence with. Looked up once, when the step starts.
    private func incumbent(for step: PlannedStep, of run: StoredRun, _ progress: RunProgress) async throws -> String? {
        let settings = run.plan.settings.registry
        if progress[step.name].attempts > 0 { return progress[step.name].incumbent }
        guard step.action.body.readsIncumbent, progress.registeredModel(above: step) != nil else { return nil }
        return try await promoter(of: run).incumbent(settings, of: run)
    }

    /// Variables for the tracking server and the models that the step uses.
    private func variables(
        _ attempt: Attempt, _ step: PlannedStep, _ run: StoredRun, _ progress: RunProgress, incumbent: String?
    ) async throws -> [String: String] {
        let settings = run.plan.settings.registry
        guard let model = settings.model else { return [:] }
        var variables = try await tracking(attempt, step, run)
        variables["MLFLOW_EXPERIMENT_NAME"] = run.plan.experiment
        variables["ESPALIER_CHAMPION_URI"] = incumbent.map { "models:/\(model)/\($0)" }
        variables["ESPALIER_MODEL_URI"] = progress.registeredModel(above: step)
        if let rollback = run.plan.trigger.as(RollbackTrigger.self) {
            variables["ESPALIER_MODEL_URI"] = "models:/\(rollback.model)/\(rollback.version)"
        }
        if let pinned = try await store.pinned(for: run.plan.trigger) {
            variables["ESPALIER_MODEL_URI"] = pinned.uri
            variables["ESPALIER_MODEL"] = try await promoter(of: run).folder(of: pinned)
        }
        return variables
    }
}

extension StepRunner {
    /// Variables that lead MLflow's client to the door, or, without one, to the server itself.
    private func tracking(_ attempt: Attempt, _ step: PlannedStep, _ run: StoredRun) async throws -> [String: String] {
        guard let door else { return ["MLFLOW_TRACKING_URI": try await registry(run).url] }
        let executor = try executors.executor(of: step)
        let variables = door.open(attempt, of: run, experiment: run.plan.experiment) { [logger] line in
            do {
                try executor.append(line, toLogOf: attempt)
            } catch {
                logger.warning("\(attempt): \(line)")
            }
        }
        return variables.merging(
            withoutDetours(run.plan.settings.env.merging(step.env.mapValues { _ in "" }) { $0 + $1 })
        ) {
            $1
        }
    }

    /// What a project's own variables would send past the door, or to it with another password.
    private func withoutDetours(_ own: [String: String]) -> [String: String] {
        var variables: [String: String] = [:]
        for name in ["MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"] where own[name] != nil {
            variables[name] = ""
        }
        if own["MLFLOW_REGISTRY_URI"] != nil { variables["MLFLOW_REGISTRY_URI"] = door?.address.url }
        return variables
    }
}

extension Plan {
    /// The MLflow experiment for the steps' logs: one per environment, so that searches find what earlier runs tried.
    fileprivate var experiment: String { "\(project)-\(environment)" }
}
