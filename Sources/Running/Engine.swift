import Executing
import Foundation
import Home
import Logging
import Plans
import Projects
import Runs
import Store

/// Drives runs to their end: events to runs, runs to outcomes.
///
/// Callers say only *that* something happened, never what. `plan`, `startReady` and `endOverdue` read what is open and do
/// what is possible, so each may be called late, twice, or for nothing.
package actor Engine {
    /// A run in progress, as known to this process. No other process appends its facts.
    package struct Live {
        package let run: StoredRun
        package var progress: RunProgress
        /// Steps for which reusable earlier results have been looked up.
        var considered: Set<String> = []
    }

    let store: Store
    let runner: StepRunner
    let logger: Logger
    let planner: any ProjectPlanner
    let bells: Bells
    let troubles: Troubles
    private let journal: Journal
    let jobs = Jobs()

    var projects: [Int64: StoredProject] = [:]
    var live: [Int64: Live] = [:]
    /// Steps being executed: run → names. Each command takes a slot.
    var busy: [Int64: Set<String>] = [:]
    /// Steps for which an earlier result is being restored. They take no slot.
    var restoring: [Int64: Set<String>] = [:]
    /// Runs with new facts since they were last checked for steps to reuse.
    var haveNews: Set<Int64> = []
    /// Ended runs that are about to be retried.
    var retrying: Set<Int64> = []
    /// Step ends that are not durable yet, per run. Dependents wait for them, because they may read those steps' outputs.
    private var unflushedEnds: [Int64: Int] = [:]
    /// Projects whose events are being planned now.
    package var planning: Set<Int64> = []
    /// Recently planned events.
    var recentlyPlanned: [Int64] = []
    package var waiting: [Int64: [CheckedContinuation<Void, Never>]] = [:]
    var alarm: Alarm
    /// No more planning.
    package var isOver = false

    package init(
        store: Store, planner: any ProjectPlanner, runner: StepRunner, logger: Logger, bells: Bells,
        troubles: Troubles = Troubles()
    ) {
        self.store = store
        self.planner = planner
        self.runner = runner
        self.logger = logger
        self.bells = bells
        self.troubles = troubles
        alarm = Alarm(bells.turn)
        journal = Journal(store: store, logger: logger)
    }

    /// Whether all runs have ended.
    package var isIdle: Bool { live.isEmpty }

    /// Adds a project whose pipelines the engine runs.
    package func add(_ project: StoredProject) {
        projects[project.id] = project
        bells.turn.ring()
    }

    /// Runs steps and writes facts until closed. Steps in flight are left to their minders.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [journal] in await journal.run() }
            group.addTask { [jobs] in await jobs.run() }
        }
    }

    /// Closes the engine: `run()` returns, and callers waiting for plans continue.
    package func close() {
        jobs.stop()
        journal.close()
        alarm.cancel()
        isOver = true
        for waiter in waiting.values.joined() { waiter.resume() }
        waiting = [:]
    }

    /// Resumes steps that were running when the last process ended: their minders are alive, left a record, or are lost.
    package func takeUp() async throws {
        let runs = try await store.unendedRuns()
        for run in runs { live[run.id] = Live(run: run, progress: run.progress) }
        // The last process may have died after it started a command and before it recorded the start. Record it first.
        for run in runs { await record(runner.unnotedStarts(of: run), in: run.id) }
        // The last process may have ended between planning a run and superseding the runs that it replaces.
        let replaced = superseded(among: live, progress: \.progress)
        for (old, new) in replaced.sorted(by: { $0.key < $1.key }) { await supersede(old, by: new) }
        for run in runs {
            guard let progress = live[run.id]?.progress else { continue }
            for step in run.plan.steps where progress[step.name].state.isLive {
                logger.info("run \(run.id), step \(step.name): taken up again")
                start(step, of: run.id, attempt: progress[step.name].lastAttempt)
            }
        }
    }

    /// Starts ready steps as far as slots are free.
    package func startReady() async throws {
        try await reuse()
        for (executor, slots) in runner.executors.slots.sorted(by: { $0.key < $1.key }) {
            startReady(on: executor, slots: slots)
        }
    }

    private func startReady(on executor: String, slots: Int) {
        let atWork = busy.merging(restoring) { $0.union($1) }
        let commands = busy.reduce(0) { count, entry in
            count + entry.value.count { isCommand($0, of: entry.key, on: executor) }
        }
        let free = slots - commands
        // Choosing scans all runs, so skip it if no slot is free.
        guard free > 0 else { return }
        let all = atWork.values.reduce(0) { $0 + $1.count }
        let chosen = choose(
            from: live, busy: atWork, held: Set(unflushedEnds.keys), slots: all + free, progress: \.progress,
            where: { [runner] in runner.executors.slotOwner(of: $0) == executor })
        for ready in chosen {
            let attempts = live[ready.run]?.progress[ready.step.name].attempts ?? 0
            start(ready.step, of: ready.run, attempt: attempts + 1)
        }
    }

    /// Steps of a run that are being executed or restored.
    func stepsAtWork(of run: Int64) -> Set<String> { (busy[run] ?? []).union(restoring[run] ?? []) }

    /// Whether a step is a command, which occupies a slot. Steps that only ask the registry may wait long and take no slot.
    private func isCommand(_ name: String, of run: Int64, on executor: String) -> Bool {
        guard let step = live[run]?.run.plan.step(named: name) else { return false }
        return step.action.isCommand && runner.executors.slotOwner(of: step) == executor
    }

    private func start(_ step: PlannedStep, of id: Int64, attempt: Int) {
        guard let entry = live[id], let project = projects[entry.run.project] else { return }
        busy[id, default: []].insert(step.name)
        jobs.start { [self, runner] in
            let ask = Asking(
                tell: { await self.record([Recorded(step: step.name, fact: $0, at: Date())], in: id) },
                isStopping: { await self.isStopping(step.name, of: id) })
            let result = await runner.run(
                step, of: entry.run, progress: entry.progress, attempt: attempt, project: project, ask: ask)
            if Task.isCancelled { return }
            await finish(step, of: id, attempt: attempt, result)
        }
    }

    private func finish(_ step: PlannedStep, of id: Int64, attempt: Int, _ result: StepResult) async {
        guard let entry = live[id] else { return }
        var facts: [StepFact] = []
        if entry.progress[step.name].attempts < attempt { facts.append(.started(attempt: attempt, incumbent: nil)) }
        if !result.values.isEmpty || !result.outputs.isEmpty {
            facts.append(.reported(values: result.values, outputs: result.outputs))
        }
        facts.append(.ended(result.outcome))
        // Other runs wait for the slot, not for the record.
        busy[id]?.remove(step.name)
        bells.turn.ring()
        await record(
            facts.map { Recorded(step: step.name, fact: $0, at: Date()) }, in: id,
            results: result.kept.map { [step.name: $0] } ?? [:],
            monitors: result.monitor.map { [step.name: $0] } ?? [:],
            infrastructure: result.infrastructure.map { [step.name: $0] } ?? [:])
    }

    /// Appends facts and what follows from them: steps that cannot start any more, the end of the run.
    ///
    /// Facts apply in memory at once, so that steps that end at the same moment see each other. They are durable when this
    /// returns; if the disk accepts no writes, it waits. Facts recorded meanwhile see the run with these facts applied, so the
    /// effects of its end happen once.
    package func record(
        _ facts: [Recorded], in id: Int64, results: [String: KeptResult] = [:], used: [Int64] = [],
        monitors: [String: String] = [:], infrastructure: [String: InfrastructureRecord] = [:], reopens: Bool = false
    ) async {
        guard var entry = live[id] else { return }
        let hadEnded = !reopens && entry.progress.outcome != nil
        for fact in facts { entry.progress.apply(fact) }
        let following = entry.progress.consequences(at: Date())
        for fact in following { entry.progress.apply(fact) }
        live[id] = entry
        haveNews.insert(id)
        var write = FactWrite(run: entry.run, facts: facts + following)
        (write.results, write.used, write.reopens) = (results, used, reopens)
        (write.monitors, write.infrastructure) = (monitors, infrastructure)
        if !hadEnded, let outcome = entry.progress.outcome {
            write.outcome = outcome
            if outcome == .passed { write.schedules = schedules(of: entry.run) }
            (write.rollbackReason, write.drift) = (entry.progress.rollbackReason, entry.run.driftFound(entry.progress))
            write.end = (entry.progress, runner.logTail(of: id, entry.progress))
        }
        let isEnd = write.facts.contains(where: \.isEnd)
        if isEnd { unflushedEnds[id, default: 0] += 1 }
        if write.outcome != nil || !write.facts.isEmpty { await journal.write(write) }
        if isEnd { unflushedEnds[id] = unflushedEnds[id].flatMap { $0 > 1 ? $0 - 1 : nil } }
        guard let outcome = write.outcome else {
            // Dependents may start, or the run's deadline has become known.
            if isEnd || entry.run.plan.timeout != nil { bells.turn.ring() }
            return
        }
        Failpoint.reach(.runEnded)
        logger.info("run \(id): \(outcome.rawValue)")
        (live[id], busy[id], restoring[id]) = (nil, nil, nil)
        haveNews.remove(id)
        if write.schedules != nil { bells.schedules.schedulesChanged() }
        if entry.run.plan.trigger.logicalTime != nil { bells.schedules.ring() }
        bells.turn.ring()
    }

    /// The schedules of a passed push run's commit, which may go live.
    private func schedules(of run: StoredRun) -> [String: ReleasedSchedule]? {
        guard run.plan.trigger == .push, let project = projects[run.project] else { return nil }
        do {
            return try planner.schedules(of: run.plan, in: project)
        } catch {
            logger.error("run \(run.id): its schedules could not be read and stay as they were: \(error)")
            return nil
        }
    }
}

extension Recorded {
    fileprivate var isEnd: Bool {
        if case .ended = fact { true } else { false }
    }
}
