import Answering
import Digests
import Executing
import Foundation
import Home
import Logging
import Minding
import Plans
import Projects
import Promoting
import Reading
import Reports
import Running
import Runs
import Store

/// Runs a pipeline on the files of a working tree as they are, committed or not. Uses the daemon's planner, engine and
/// minders in a home of its own, without a daemon.
///
/// Steps see the files under a layer of their own and cannot change them. Nothing is registered or promoted, because a
/// promotion needs committed code.
public struct LocalRun: Sendable {
    private let tree: WorkingTree
    public let home: Home
    private let minder: String
    private let mlflowPython: String
    private let slots: Int
    private let logger: Logger

    /// - Parameter home: folder for runs of this working tree. Its parent is created.
    public init(_ tree: WorkingTree, home: Home, minder: String, mlflowPython: String, slots: Int, logger: Logger) {
        self.tree = tree
        self.home = Home("\(home.path)/local/\(sha256(tree.folder).prefix(12))")
        self.minder = minder
        self.mlflowPython = mlflowPython
        self.slots = slots
        self.logger = logger
    }

    /// Runs a pipeline to its end.
    ///
    /// - Parameters:
    ///   - steps: only these steps and what they need. Empty: all.
    ///   - environment: absent: the first that the pipeline names.
    ///   - follow: runs concurrently and gets the number of the run. It must return when the run is over.
    public func run(
        _ pipeline: String, steps: [String], environment: String?,
        follow: @escaping @Sendable (Int64, Reporter) async throws -> Void
    ) async throws -> RunDetail {
        let plan = try tree.plan(pipeline, steps: steps, environment: environment)
        try home.prepare()
        let policy = try Policy.read(from: home)
        let lock = try HomeLock(home)
        defer { withExtendedLifetime(lock) {} }
        let store = try Store(path: home.database)
        let project = try await store.adopt(
            name: plan.project, repository: tree.folder, url: nil, refs: [:], at: Date())
        let minders = Minders(program: minder)
        let registries = Registries(home: home, minders: minders, python: mlflowPython, logger: logger, givesUp: true)
        let run = try await store.request(plan, project: project, at: Date())
        let reporter = Reporter(home: home, store: store)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await follow(run.id, reporter) }
            await work(on: project, store, minders, registries, policy)
        }
        await registries.stop()
        guard let detail = try await reporter.run(run.id) else { throw StoreError.noRun(run.id) }
        try store.close()
        return detail
    }

    /// Runs one engine until no run is unended.
    private func work(
        on project: StoredProject, _ store: Store, _ minders: Minders, _ registries: Registries, _ policy: Policy
    ) async {
        let groups = ControlGroups.find(name: groupName(of: home))
        defer { groups.remove() }
        let (bells, planner) = (Bells(), RepositoryPlanner(home: home))
        let executors = makeExecutors(
            slots: slots, home: home, minders: minders, groups: groups, scratch: ScratchFolders(folder: home.scratch),
            policy: policy, workspace: { [folder = tree.folder] _, _ in folder })
        let runner = StepRunner(
            home: home, store: store, executors: executors, planner: planner, registries: registries, logger: logger)
        let engine = Engine(store: store, planner: planner, runner: runner, logger: logger, bells: bells)
        await engine.add(project)
        await withDiscardingTaskGroup { group in
            group.addTask { await engine.run() }
            await Turn(bells: bells, store: store, engine: engine, logger: logger, endsWhenIdle: true).run()
        }
    }
}
