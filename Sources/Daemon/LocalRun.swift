import Digests
import Events
import Forges
import Foundation
import Git
import Logging
import Minding
import Plans
import Projects
import Reports
import Runs
import Store

/// Runs a pipeline on the files of a working tree as they are, committed or not: the same planner, engine and minders as a
/// daemon's, in a home of its own, and no daemon.
///
/// Its steps see the files under a layer of their own and change none of them. Nothing is registered or promoted: code is
/// what gets promoted, and this code is not even committed.
public struct LocalRun: Sendable {
    private let tree: WorkingTree
    public let home: Home
    private let minder: String
    private let mlflowPython: String
    private let slots: Int
    private let logger: Logger

    /// - Parameter home: folder for runs of this working tree; its parent is made.
    public init(_ tree: WorkingTree, home: Home, minder: String, mlflowPython: String, slots: Int, logger: Logger) {
        self.tree = tree
        self.home = Home("\(home.path)/local/\(sha256(tree.folder).prefix(12))")
        self.minder = minder
        self.mlflowPython = mlflowPython
        self.slots = slots
        self.logger = logger
    }

    /// Run a pipeline to its end.
    ///
    /// - Parameters:
    ///   - steps: only these, and what they need; all when empty.
    ///   - environment: the first that the pipeline names when absent.
    ///   - follow: what to do beside it, told the number of the run; ends when the run is over.
    public func run(
        _ pipeline: String, steps: [String], environment: String?,
        follow: @escaping @Sendable (Int64, Reporter) async throws -> Void
    ) async throws -> RunDetail {
        let plan = try tree.plan(pipeline, steps: steps, environment: environment)
        try home.prepare()
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
            await work(on: project, store, minders, registries)
        }
        await registries.stop()
        guard let detail = try await reporter.run(run.id) else { throw StoreError.noRun(run.id) }
        try store.close()
        return detail
    }

    /// One engine, until nothing is unended.
    private func work(on project: StoredProject, _ store: Store, _ minders: Minders, _ registries: Registries) async {
        let bell = Bell()
        let groups = ControlGroups.find(name: groupName(of: home))
        defer { groups.remove() }
        let runner = StepRunner(
            home: home, store: store,
            commands: CommandRunner(
                home: home, minders: minders, groups: groups, scratch: ScratchFolders(folder: home.scratch),
                workspace: { [folder = tree.folder] _, _ in folder }),
            registries: registries, logger: logger)
        let engine = Engine(
            store: store, home: home, runner: runner,
            gate: Gate(
                store: store, home: home, slots: slots,
                lander: ChangeLander(store: store, client: ForgeClient(), servers: GitServers()),
                logger: logger,
                ring: {}
            ) { _, _ in },
            slots: slots,
            logger: logger, bell: bell, clock: ClockBell())
        await engine.add(project)
        await engine.stopWhenDone()
        await engine.run()
    }
}

extension WorkingTree {
    /// What a person's request runs, on the files as they lie there.
    func plan(_ name: String, steps: [String], environment: String?) throws -> Plan {
        let project = try project()
        guard var pipeline = project.pipeline(named: name) else {
            throw DaemonError.unknown("pipeline", name, known: project.pipelines.map(\.name))
        }
        let known = pipeline.steps.map(\.name)
        if let stranger = steps.first(where: { !known.contains($0) }) {
            throw DaemonError.unknown("step", stranger, known: known)
        }
        if !steps.isEmpty { pipeline = pipeline.limited(to: steps) }
        let chosen = environment ?? pipeline.triggers.environments.first ?? ""
        guard let environment = project.environment(named: chosen) else {
            throw DaemonError.unknown("environment", chosen, known: project.environments.map(\.name))
        }
        let repository = try Repository(at: folder)
        guard let tip = try repository.tip(of: "HEAD") else { throw DaemonError.refused("\(folder) has no commit yet") }
        let facts = CommitFacts(
            commit: tip, tree: try repository.commit(tip).tree, branch: repository.headBranch ?? "HEAD",
            project: project)
        return Plan(pipeline, in: environment, trigger: .local, facts, digest: sha256)
    }
}

extension DaemonError {
    /// `there is no step 'trian'; did you mean 'train'?`
    static func unknown(_ kind: String, _ name: String, known: [String]) -> DaemonError {
        .refused(
            "there is no \(kind) '\(name)'; "
                + (nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                    ?? "known: \(known.joined(separator: ", "))"))
    }
}
