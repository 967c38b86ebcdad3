import Changes
import Events
import Foundation
import Logging
import Plans
import Projects
import Runs
import Store

/// Drives everything that is unfinished to its end: events to runs, runs to outcomes, changes to merges, release runs to
/// schedules.
///
/// It is told *that* something happened, never what: on each bell it settles, that is, reads what is open and does what
/// can be done. So a bell may ring late, twice, or for nothing.
actor Engine {
    /// One unended run, as this process knows it. Nobody else appends facts.
    struct Live {
        let run: StoredRun
        var progress: RunProgress
        /// Steps whose earlier results have been looked for.
        var considered: Set<String> = []

        /// The drift that the run found, where its trigger lets that start other runs.
        var drift: DriftReport? {
            let found = progress.driftedSteps
            guard run.plan.trigger.body.mayReportDrift, !found.isEmpty else { return nil }
            return DriftReport(
                run: run.id, pipeline: run.plan.pipeline, environment: run.plan.environment,
                reason: found.map { $0.reason.isEmpty ? "step '\($0.name)' found drift" : $0.reason }
                    .joined(separator: "; "), commit: run.plan.commit, branch: run.plan.branch)
        }
    }

    let store: Store
    let runner: StepRunner
    let logger: Logger
    private let planner: EventPlanner
    let gate: Gate
    private let slots: Int
    private let bell: Bell
    /// Rung when schedules have gone live, and when a fire's run has ended.
    private let clock: ClockBell
    /// Called after everything that could be done was.
    private let settled: @Sendable () -> Void

    private var projects: [Int64: StoredProject] = [:]
    var live: [Int64: Live] = [:]
    /// Steps at work: run → names. Each command takes a slot.
    var busy: [Int64: Set<String>] = [:]
    /// Steps whose earlier result is being laid out for them, which takes no slot.
    var restoring: [Int64: Set<String>] = [:]
    /// Runs of which something has been told since they were last looked through for steps to reuse.
    var told: Set<Int64> = []
    private var lastPlanned: Int64 = 0
    private var waiting: [Int64: [CheckedContinuation<Void, Never>]] = [:]
    /// Runs of which steps have ended that are not on disk yet, and how many: what follows may read what they left there.
    private var unwritten: [Int64: Int] = [:]
    var alarm: Alarm
    private let journal: Journal
    private var stopsWhenDone = false
    /// Nothing is planned any more.
    private var isOver = false

    init(
        store: Store, home: Home, runner: StepRunner, gate: Gate, slots: Int, logger: Logger, bell: Bell,
        clock: ClockBell, settled: @escaping @Sendable () -> Void = {}
    ) {
        self.settled = settled
        self.bell = bell
        alarm = Alarm(bell)
        self.clock = clock
        self.store = store
        self.planner = EventPlanner(store: store, home: home)
        self.runner = runner
        self.gate = gate
        self.slots = slots
        self.logger = logger
        journal = Journal(store: store, logger: logger)
    }

    /// Something may have happened.
    nonisolated func ring() { bell.ring() }

    nonisolated func stop() { bell.stop() }

    /// Come to an end by itself when no run is unended.
    func stopWhenDone() { stopsWhenDone = true }

    /// What a person wants noted of a change.
    func wish(_ fact: ChangeFact, of change: Int64) async throws { try await gate.wish(fact, of: change) }

    func add(_ project: StoredProject) {
        projects[project.id] = project
        ring()
    }

    /// Take up what an earlier process left, then settle on every bell, until stopped. Steps in flight are left to their
    /// minders.
    func run() async {
        let writing = Task { [journal] in await journal.run() }
        await withTaskGroup(of: Void.self) { group in
            var hasTakenUp = false
            ring()
            for await _ in bell.rings {
                do {
                    if !hasTakenUp { try await takeUp(&group) }
                    hasTakenUp = true
                    try await settle(&group)
                    settled()
                } catch {
                    logger.error("the engine could not go on, and tries again: \(error)")
                    alarm.set(in: 1)
                }
            }
            group.cancelAll()
            await gate.close()
            journal.close()
            alarm.cancel()
            isOver = true
            for waiter in waiting.values.joined() { waiter.resume() }
            waiting = [:]
        }
        await writing.value
    }

    /// Wait until these events have been planned, or the next daemon is to do that.
    func planned(_ events: [StoredEvent]) async {
        for event in events where event.id > lastPlanned && !isOver {
            await withCheckedContinuation { waiting[event.id, default: []].append($0) }
        }
    }

    /// Steps that were running when the last process ended: their minders are alive, or left a record, or are lost.
    private func takeUp(_ group: inout TaskGroup<Void>) async throws {
        let runs = try await store.unendedRuns()
        for run in runs { live[run.id] = Live(run: run, progress: run.progress) }
        // A command may have been begun by a process that died before it could write so: what follows has to know.
        for run in runs { await record(runner.unnotedStarts(of: run), in: run.id) }
        // The last process may have ended between planning a run and telling those that it replaces.
        for run in runs { await supersede(by: run) }
        for run in runs {
            guard let progress = live[run.id]?.progress else { continue }
            for step in run.plan.steps where progress[step.name].state.isLive {
                logger.info("run \(run.id), step \(step.name): taken up again")
                start(step, of: run.id, attempt: max(1, progress[step.name].attempts), &group)
            }
        }
    }

    private func settle(_ group: inout TaskGroup<Void>) async throws {
        try await plan()
        try await startReady(&group)
        try await advanceChanges(&group)
        for errand in await gate.takeErrands() { group.addTask { await errand() } }
        await endOverdue()
        try await startReady(&group)
        if stopsWhenDone, live.isEmpty { stop() }
    }

    /// Start what can start, as far as there are slots. Nothing waits for what the gate still has to do.
    private func startReady(_ group: inout TaskGroup<Void>) async throws {
        try await reuse(&group)
        let atWork = busy.merging(restoring) { $0.union($1) }
        let commands = busy.reduce(0) { count, entry in
            count + entry.value.count { isCommand($0, of: entry.key) }
        }
        let free = slots - commands
        // To choose is to look through all runs: not for nothing.
        if free > 0 {
            let all = atWork.values.reduce(0) { $0 + $1.count }
            let held = Set(unwritten.keys)
            for ready in choose(from: live, busy: atWork, held: held, slots: all + free, progress: \.progress) {
                let attempts = live[ready.run]?.progress[ready.step.name].attempts ?? 0
                start(ready.step, of: ready.run, attempt: attempts + 1, &group)
            }
        }
    }

    /// Steps of a run that somebody has in hand.
    func stepsAtWork(of run: Int64) -> Set<String> { (busy[run] ?? []).union(restoring[run] ?? []) }

    /// Whether a step is a command, and needs a slot while it is at work. What only asks the registry may wait for it for long.
    private func isCommand(_ name: String, of run: Int64) -> Bool {
        live[run]?.run.plan.step(named: name)?.action.isCommand ?? false
    }

    private func advanceChanges(_ group: inout TaskGroup<Void>) async throws {
        while true {
            switch try await gate.advance(projects) {
            case .moved:
                try await plan()
                await endUnawaited()
                try await startReady(&group)
            case .held:
                alarm.set(in: 1)
                return await endUnawaited()
            case .nothingToDo: return await endUnawaited()
            }
        }
    }

    /// Turn open events into runs: many at once, for each flush of the disk takes its time.
    private func plan() async throws {
        // Projects whose further events have to wait.
        var held: Set<Int64> = []
        var batch: [PlannedEvent] = []
        for event in try await store.unhandledEvents() {
            guard let project = projects[event.project], !held.contains(project.id) else { continue }
            if event.event.body.dependsOnEarlierEvents || batch.count == Self.largestBatch {
                held.formUnion(await begin(&batch))
                if held.contains(project.id) { continue }
            }
            do {
                if let proposal = event.event.as(Proposal.self) {
                    if await gate.isLanding(in: project.id) {
                        held.insert(project.id)
                        continue
                    }
                    // A new head must not hide that the old one is merged already, and only could not be noted any more.
                    try await gate.confirmLanded(in: project)
                    try await planner.open(proposal, event, project)
                    await gate.refresh()
                    wasPlanned(event)
                } else {
                    batch.append(PlannedEvent(event, try await planner.planning(for: event, of: project)))
                }
            } catch {
                hold(event, of: project, because: error)
                held.insert(project.id)
            }
        }
        _ = await begin(&batch)
    }

    private static let largestBatch = 64

    /// Store the runs of events, and take them in hand.
    ///
    /// - Returns: the projects whose events could not be stored.
    private func begin(_ batch: inout [PlannedEvent]) async -> Set<Int64> {
        guard !batch.isEmpty else { return [] }
        defer { batch = [] }
        do {
            let runs = try await store.handle(batch, at: Date())
            for run in runs {
                Failpoint.reach(.eventPlanned)
                logger.info(
                    "run \(run.id): \(run.plan.pipeline) in \(run.plan.environment) at \(run.plan.commit.short)")
                live[run.id] = Live(run: run, progress: run.progress)
                told.insert(run.id)
            }
            for run in runs { await supersede(by: run) }
        } catch {
            guard let only = batch.first, batch.count == 1 else { return await beginEach(batch) }
            if let project = projects[only.event.project] { hold(only.event, of: project, because: error) }
            return [only.event.project]
        }
        for entry in batch { wasPlanned(entry.event) }
        return []
    }

    /// One by one: what cannot be stored holds up its own project only.
    private func beginEach(_ batch: [PlannedEvent]) async -> Set<Int64> {
        var held: Set<Int64> = []
        for entry in batch where !held.contains(entry.event.project) {
            var alone = [entry]
            held.formUnion(await begin(&alone))
        }
        return held
    }

    /// The further events of the project wait, in their order; those of other projects do not.
    private func hold(_ event: StoredEvent, of project: StoredProject, because error: any Error) {
        logger.error("\(project.name): event \(event.id) cannot be planned yet, and is tried again: \(error)")
        alarm.set(in: 1)
    }

    private func wasPlanned(_ event: StoredEvent) {
        lastPlanned = max(lastPlanned, event.id)
        waiting.removeValue(forKey: event.id)?.forEach { $0.resume() }
    }

    private func start(_ step: PlannedStep, of id: Int64, attempt: Int, _ group: inout TaskGroup<Void>) {
        guard let entry = live[id], let project = projects[entry.run.project] else { return }
        busy[id, default: []].insert(step.name)
        group.addTask { [self, runner] in
            let ask = Asking(
                tell: { await self.record([Recorded(step: step.name, fact: $0, at: Date())], in: id) },
                isStopping: { await self.isStopping(step.name, of: id) })
            let result = await runner.run(
                step, of: entry.run, progress: entry.progress, attempt: attempt, repository: project.repository,
                ask: ask)
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
        // Other runs need the slot, and not the record.
        busy[id]?.remove(step.name)
        ring()
        await record(
            facts.map { Recorded(step: step.name, fact: $0, at: Date()) }, in: id,
            results: result.kept.map { [step.name: $0] } ?? [:],
            monitors: result.monitor.map { [step.name: $0] } ?? [:],
            infrastructure: result.infrastructure.map { [step.name: $0] } ?? [:])
    }

    /// Append facts, and see to what follows from them: steps that cannot start any more, the end of the run.
    ///
    /// The facts count at once, so that steps that end at the same moment see each other; when this returns they are on
    /// disk. While the disk takes nothing, this waits.
    func record(
        _ facts: [Recorded], in id: Int64, results: [String: KeptResult] = [:], used: [Int64] = [],
        monitors: [String: String] = [:], infrastructure: [String: InfrastructureRecord] = [:], reopens: Bool = false
    ) async {
        guard var entry = live[id] else { return }
        for fact in facts { entry.progress.apply(fact) }
        let following = entry.progress.consequences(at: Date())
        for fact in following { entry.progress.apply(fact) }
        live[id] = entry
        told.insert(id)
        var write = FactWrite(run: entry.run, facts: facts + following)
        (write.results, write.used, write.reopens) = (results, used, reopens)
        (write.monitors, write.infrastructure) = (monitors, infrastructure)
        write.outcome = entry.progress.outcome
        if write.outcome == .passed { write.schedules = schedules(of: entry.run) }
        if write.outcome != nil {
            (write.rollbackReason, write.drift) = (entry.progress.rollbackReason, entry.drift)
            write.end = (entry.progress, runner.home.logTail(of: id, entry.progress))
        }
        let isEnd = write.facts.contains(where: \.isEnd)
        if isEnd { unwritten[id, default: 0] += 1 }
        if write.outcome != nil || !write.facts.isEmpty { await journal.write(write) }
        if isEnd { unwritten[id] = unwritten[id].flatMap { $0 > 1 ? $0 - 1 : nil } }
        guard let outcome = write.outcome else {
            // What follows may start, or the end of the run's time has become known.
            if isEnd || entry.run.plan.timeout != nil { ring() }
            return
        }
        Failpoint.reach(.runEnded)
        logger.info("run \(id): \(outcome.rawValue)")
        (live[id], busy[id], restoring[id]) = (nil, nil, nil)
        told.remove(id)
        if write.schedules != nil { clock.schedulesChanged() }
        if entry.run.plan.trigger.logicalTime != nil { clock.ring() }
        ring()
    }

    /// The schedules that a push run which passed makes live, pinned to its commit.
    private func schedules(of run: StoredRun) -> [String: ScheduleRule]? {
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
