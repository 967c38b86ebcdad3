import Events
import Foundation
import Logging
import Minding
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
    private struct Live {
        let run: StoredRun
        var progress: RunProgress
        /// Set when the run is to end early: how its steps end then.
        var stopping: Outcome?
    }

    private let store: Store
    private let planner: EventPlanner
    private let runner: StepRunner
    private let gate: Gate
    private let slots: Int
    private let logger: Logger
    private let bell: Bell
    /// Rung when schedules have gone live.
    private let clockBell: Bell

    private var projects: [Int64: StoredProject] = [:]
    private var live: [Int64: Live] = [:]
    private var busy: [Int64: Set<String>] = [:]
    private var lastPlanned: Int64 = 0
    private var lastWrite: Task<Void, any Error>?
    private var waiting: [Int64: [CheckedContinuation<Void, Never>]] = [:]

    init(
        store: Store, runner: StepRunner, gate: Gate, slots: Int, logger: Logger, bell: Bell, clockBell: Bell
    ) {
        self.bell = bell
        self.clockBell = clockBell
        self.store = store
        self.planner = EventPlanner(store: store)
        self.runner = runner
        self.gate = gate
        self.slots = slots
        self.logger = logger
    }

    /// Something may have happened.
    nonisolated func ring() { bell.ring() }

    nonisolated func stop() { bell.stop() }

    func add(_ project: StoredProject) {
        projects[project.id] = project
        ring()
    }

    /// Take up what an earlier process left, then settle on every bell, until stopped. Steps in flight are left to their
    /// minders.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            var hasTakenUp = false
            ring()
            for await _ in bell.rings {
                do {
                    if !hasTakenUp { try await takeUp(&group) }
                    hasTakenUp = true
                    try await settle(&group)
                } catch {
                    logger.error("the engine could not go on, and tries again: \(error)")
                    group.addTask { [self] in
                        try? await Task.sleep(for: .seconds(1))
                        ring()
                    }
                }
            }
            group.cancelAll()
            for waiter in waiting.values.joined() { waiter.resume() }
            waiting = [:]
        }
    }

    /// Wait until these events have been planned.
    func planned(_ events: [StoredEvent]) async {
        for event in events where event.id > lastPlanned {
            await withCheckedContinuation { waiting[event.id, default: []].append($0) }
        }
    }

    /// Steps that were running when the last process ended: their minders are alive, or left a record, or are lost.
    private func takeUp(_ group: inout TaskGroup<Void>) async throws {
        let runs = try await store.unendedRuns()
        for run in runs { live[run.id] = Live(run: run, progress: run.progress) }
        for run in runs {
            if run.progress.outcome != nil { try await record([], in: run.id) }
            for step in run.plan.steps where run.progress[step.name].state.isLive {
                logger.info("run \(run.id), step \(step.name): taken up again")
                start(step, of: run.id, attempt: max(1, run.progress[step.name].attempts), &group)
            }
        }
    }

    private func settle(_ group: inout TaskGroup<Void>) async throws {
        try await plan()
        while try await gate.advance(projects) { try await plan() }
        for id in live.keys.sorted() { try await skipUnreachable(in: id) }
        for ready in choose(from: live.mapValues(\.progress), busy: busy, slots: slots) {
            let attempts = live[ready.run]?.progress[ready.step.name].attempts ?? 0
            start(ready.step, of: ready.run, attempt: attempts + 1, &group)
        }
    }

    /// Turn open events into runs.
    private func plan() async throws {
        for event in try await store.unhandledEvents() {
            guard let project = projects[event.project] else { continue }
            for run in try await planner.handle(event, of: project) {
                logger.info(
                    "run \(run.id): \(run.plan.pipeline) in \(run.plan.environment) at \(run.plan.commit.short)")
                live[run.id] = Live(run: run, progress: run.progress)
                try await supersede(by: run)
            }
            lastPlanned = max(lastPlanned, event.id)
            waiting.removeValue(forKey: event.id)?.forEach { $0.resume() }
        }
    }

    private func supersede(by run: StoredRun) async throws {
        for (old, hasStarted) in superseded(by: run.id, run.plan, among: live.mapValues(\.progress)) {
            logger.info("run \(old): superseded by run \(run.id)")
            try await end(old, as: .superseded(by: run.id), stopping: hasStarted)
        }
    }

    /// End a run early: what has not started ends now, what runs is stopped.
    private func end(_ id: Int64, as outcome: Outcome, stopping: Bool) async throws {
        guard let entry = live[id] else { return }
        live[id]?.stopping = outcome
        for step in entry.run.plan.steps {
            let progress = entry.progress[step.name]
            if busy[id]?.contains(step.name) ?? false {
                runner.minders.stop(StepFolder(runner.home.step(id, step.name, attempt: max(1, progress.attempts))))
            } else if progress.state == .pending {
                try await record([Recorded(step: step.name, fact: .ended(outcome), at: Date())], in: id)
            }
        }
    }

    private func skipUnreachable(in id: Int64) async throws {
        guard let skipped = live[id]?.progress.next().skipped, !skipped.isEmpty else { return }
        let facts = skipped.sorted { $0.key < $1.key }.map {
            Recorded(step: $0.key, fact: .ended($0.value), at: Date())
        }
        try await record(facts, in: id)
    }

    private func start(_ step: PlannedStep, of id: Int64, attempt: Int, _ group: inout TaskGroup<Void>) {
        guard let entry = live[id], let project = projects[entry.run.project] else { return }
        busy[id, default: []].insert(step.name)
        group.addTask { [self, runner] in
            let ask = Asking(
                tell: { await self.tell($0, step: step.name, run: id) }, isStopping: { await self.isStopping(id) })
            let result = await runner.run(
                step, of: entry.run, progress: entry.progress, attempt: attempt, repository: project.repository,
                ask: ask)
            if Task.isCancelled { return }
            await finish(step, of: id, attempt: attempt, result)
        }
    }

    private func isStopping(_ run: Int64) -> Bool { live[run]?.stopping != nil }

    private func tell(_ fact: StepFact, step: String, run: Int64) async {
        do {
            try await record([Recorded(step: step, fact: fact, at: Date())], in: run)
        } catch {
            logger.error("run \(run), step \(step): a fact could not be stored: \(error)")
        }
    }

    private func finish(_ step: PlannedStep, of id: Int64, attempt: Int, _ result: StepResult) async {
        guard let entry = live[id] else { return }
        var facts: [StepFact] = []
        if entry.progress[step.name].attempts < attempt { facts.append(.started(attempt: attempt, incumbent: nil)) }
        if !result.values.isEmpty || !result.outputs.isEmpty {
            facts.append(.reported(values: result.values, outputs: result.outputs))
        }
        facts.append(.ended(result.outcome == .cancelled ? entry.stopping ?? .cancelled : result.outcome))
        do {
            try await record(facts.map { Recorded(step: step.name, fact: $0, at: Date()) }, in: id)
            busy[id]?.remove(step.name)
        } catch {
            // The record of the step is on disk: the next start of the daemon reads it again.
            logger.error("run \(id), step \(step.name): its end could not be stored: \(error)")
        }
        ring()
    }

    /// Append facts, and see to what follows when they end the run.
    ///
    /// The facts count at once, so that steps that end at the same moment see each other; they are written in the same
    /// order, so that a run's outcome is never on disk before the last of its facts.
    private func record(_ facts: [Recorded], in id: Int64) async throws {
        guard var progress = live[id]?.progress, let run = live[id]?.run else { return }
        for fact in facts { progress.apply(fact) }
        live[id]?.progress = progress
        let outcome = progress.outcome
        let (before, store) = (lastWrite, store)
        let write = Task {
            _ = await before?.result
            // Before the end is written: a crash in between does it again, and it is the same done twice.
            if outcome == .passed { try await goLive(run) }
            try await store.append(facts, to: id, outcome: outcome)
        }
        lastWrite = write
        do {
            try await write.value
        } catch {
            if let stored = try? await store.run(id) { live[id]?.progress = stored.progress }
            throw error
        }
        guard let outcome else { return }
        logger.info("run \(id): \(outcome.rawValue)")
        live[id] = nil
        busy[id] = nil
        ring()
    }

    /// A push run that passed makes the schedules of its environment live, pinned to its commit.
    private func goLive(_ run: StoredRun) async throws {
        guard run.plan.trigger == .push, let project = projects[run.project] else { return }
        let rules = try planner.schedules(of: run.plan, in: project)
        try await store.goLive(rules, environment: run.plan.environment, run: run, at: Date())
        clockBell.ring()
    }
}
