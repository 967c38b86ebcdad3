import Events
import Executing
import Fixtures
import Foundation
import Home
import Logging
import Minding
import Plans
import Projects
import Promoting
@testable import Running
import Runs
import ScriptedExecution
import Store
import Synchronization

/// An engine over a real store and scripted steps, in a folder of its own.
final class EngineFixture: Sendable {
    let folder: TemporaryFolder
    let home: Home
    let store: Store
    let machine = ScriptedMachine()
    /// Where steps of the executor `cluster` run, one at a time.
    let cluster = ScriptedMachine()
    let planner = ScriptedPlanner()

    init() throws {
        folder = try TemporaryFolder()
        home = Home(folder.path)
        store = try Store(path: home.database)
    }

    var disk: Disk { Disk(path: home.database) }

    /// Run something while an engine works, then end the engine as when the daemon ends.
    ///
    /// - Returns: when everything of that engine has ended.
    func withEngine(
        slots: Int = 4, projects: [String] = ["clinic"], _ body: (EngineAtWork) async throws -> Void
    ) async throws {
        let (bells, logger) = (Bells(), Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let registries = Registries(
            home: home, minders: Minders(program: "/nowhere"), python: "/nowhere", logger: logger)
        let executors = Executors([
            "local": ScriptedExecutor(on: machine, slots: slots), "cluster": ScriptedExecutor(on: cluster, slots: 1),
        ])
        let runner = StepRunner(
            home: home, store: store, executors: executors, planner: planner,
            registries: registries, logger: logger)
        let engine = Engine(store: store, planner: planner, runner: runner, logger: logger, bells: bells)
        for name in projects { await engine.add(try await project(name)) }
        let atWork = EngineAtWork(fixture: self, engine: engine, bells: bells)
        try await withThrowingTaskGroup { group in
            group.addTask { await engine.run() }
            group.addTask { await atWork.takeTurns() }
            defer { bells.stop() }
            try await body(atWork)
        }
    }

    func project(_ name: String = "clinic") async throws -> StoredProject {
        try await store.adopt(name: name, repository: "/\(name).git", url: nil, refs: [:], at: Date())
    }

    /// Store a push to a branch, which starts this.
    @discardableResult
    func push(_ plans: SamplePlan..., project name: String = "clinic", branch: String = "main") async throws
        -> StoredEvent
    {
        let project = try await project(name)
        planner.answer(branch, of: name, Planning(plans: try plans.map { try $0.plan() }))
        let move = RefMove(ref: "refs/heads/\(branch)", from: nil, to: SamplePlan.commit)
        return try await store.store(.push(move), project: project.id, at: Date())
    }
}

/// An engine that takes turns as in the daemon.
struct EngineAtWork: Sendable {
    private let fixture: EngineFixture
    let engine: Engine
    let bells: Bells
    private let watches = Watches()

    init(fixture: EngineFixture, engine: Engine, bells: Bells) {
        (self.fixture, self.engine, self.bells) = (fixture, engine, bells)
    }

    fileprivate func takeTurns() async {
        var alarm = Alarm(bells.turn)
        var hasTakenUp = false
        bells.turn.ring()
        for await _ in bells.turn.rings {
            do {
                if !hasTakenUp { try await engine.takeUp() }
                hasTakenUp = true
                await engine.plan(try await fixture.store.unhandledEvents().values)
                try await engine.startReady()
                await engine.endOverdue()
                try await engine.startReady()
            } catch {
                alarm.set(in: 0.1)
            }
            await watches.look()
        }
        alarm.cancel()
        await engine.close()
        watches.end()
    }

    /// Wait for the first turn after which a condition holds. Whatever makes it hold must ring the bell.
    func until(_ condition: @escaping @Sendable () async throws -> Bool) async throws {
        let latch = Latch()
        watches.add(condition, latch)
        bells.turn.ring()
        try await latch.wait()
    }

    /// Wait for a condition that rings no bell.
    func eventually(_ condition: () async throws -> Bool) async throws {
        while try await !condition() {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// Wait until a run has ended, durably.
    ///
    /// - Returns: the run with its facts.
    @discardableResult
    func end(of run: Int64) async throws -> StoredRun {
        let store = fixture.store
        try await until {
            if await engine.isLive(run) { return false }
            return try await store.run(run).outcome != nil
        }
        return try await store.run(run)
    }
}

extension Engine {
    func isLive(_ run: Int64) -> Bool { live[run] != nil }

    func progress(_ run: Int64) -> RunProgress? { live[run]?.progress }
}

/// What tests wait for.
private final class Watches: Sendable {
    private typealias Watch = (condition: @Sendable () async throws -> Bool, latch: Latch)

    private let open = Mutex<[Watch]>([])

    func add(_ condition: @escaping @Sendable () async throws -> Bool, _ latch: Latch) {
        open.withLock { $0.append((condition, latch)) }
    }

    func look() async {
        for watch in open.withLock({ $0 }) where !watch.latch.isOpen {
            if (try? await watch.condition()) ?? false { watch.latch.open() }
        }
    }

    func end() { open.withLock { $0 }.forEach { $0.latch.open() } }
}

/// Gives the answers that a test sets. A planning can be blocked, as by a volume that does not answer.
final class ScriptedPlanner: ProjectPlanner {
    private struct State {
        var answers: [String: [Planning]] = [:]
        var failures: [String: Int] = [:]
        var asked: [String] = []
        var held: [String: (begun: Latch, goOn: DispatchSemaphore)] = [:]
    }

    private let state = Mutex(State())

    /// Every question, `PROJECT/BRANCH`, in order.
    var asked: [String] { state.withLock(\.asked) }

    /// The next push to a branch starts this.
    func answer(_ branch: String, of project: String, _ planning: Planning) {
        state.withLock { $0.answers["\(project)/\(branch)", default: []].append(planning) }
    }

    /// Block the plannings of a project until `goOn` is signalled.
    ///
    /// - Returns: opens when one is blocked.
    func hold(_ project: String, until goOn: DispatchSemaphore) -> Latch {
        let begun = Latch()
        state.withLock { $0.held[project] = (begun, goOn) }
        return begun
    }

    /// Fail the next plannings of a project.
    func fail(_ project: String, times: Int) { state.withLock { $0.failures[project] = times } }

    func planning(for event: Event, of project: StoredProject, driftStarts: DriftStarts) throws -> Planning {
        if let (begun, goOn) = state.withLock({ $0.held[project.name] }) {
            begun.open()
            goOn.wait()
            goOn.signal()
        }
        return try state.withLock { state throws(any Error) -> Planning in
            guard let branch = event.as(RefMove.self)?.branch else { return Planning(remark: "none of the test's") }
            let key = "\(project.name)/\(branch)"
            state.asked.append(key)
            if let left = state.failures[project.name], left > 0 {
                state.failures[project.name] = left - 1
                throw POSIXError(.EIO)
            }
            guard let planning = state.answers[key]?.first else { return Planning(remark: "nothing was scripted") }
            state.answers[key]?.removeFirst()
            return planning
        }
    }

    func schedules(of plan: Plan, in project: StoredProject) throws -> [String: ReleasedSchedule] { [:] }

    func trustedProject(in project: StoredProject) throws -> Project? { nil }
}

/// The disk under a store, as another process can affect it.
struct Disk: Sendable {
    let path: String

    /// Make the disk refuse facts.
    func fill() throws {
        try execute("CREATE TRIGGER full BEFORE INSERT ON step_fact BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
    }

    func free() throws { try execute("DROP TRIGGER full") }

    private func execute(_ sql: String) throws {
        let program = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
        let (code, output) = try runProgram("/usr/bin/env", ["python3", "-c", program, path, sql], in: "/")
        guard code == 0 else { throw SQLFailure(output: output) }
    }
}

struct SQLFailure: Error { let output: String }
