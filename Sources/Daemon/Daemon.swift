import Answering
import Executing
import Firing
import Following
import Forges
import Foundation
import Gating
import Home
import Logging
import Minding
import Notices
import Projects
import Promoting
import Reading
import Running
import Runs
import ServiceLifecycle
import Store
import Telling
import Watching
import Web

/// Connects everything: watches, plans, runs, gates, promotes, fires, and answers. One `run()` from start to shutdown.
public struct Daemon: Service {
    let options: DaemonOptions
    let store: Store
    let bells: Bells
    let troubles: Troubles
    let registries: Registries
    private let registryDoor: RegistryDoor
    let planner: RepositoryPlanner
    let engine: Engine
    let gate: Gate
    let clockwork: Clockwork
    let watches: Watches
    let follower: ForgeFollower
    let courier: NoticeCourier
    let cleaner: HomeCleaner
    private let turn: Turn
    private let approvedMoves: ApprovedMoves
    private let sender: NoticeSender
    private let servers: GitServers
    private let groups: ControlGroups
    private let lock: HomeLock
    private let logger: Logger

    public init(_ options: DaemonOptions, logger: Logger) throws {
        let home = options.home
        try home.prepare()
        lock = try HomeLock(home)
        (self.options, self.logger) = (options, logger)
        (store, bells) = (try Store(path: home.database), Bells())
        troubles = Troubles(bells.troubles, logger: logger)
        let minders = Minders(program: options.minder)
        let door = try DoorAddress.prepare(
            in: home, isFree: { (try? portIfFree($0)) != nil }, freePort: { try freePort() })
        let serverSandbox = ServerSandbox(home: home, python: options.mlflowPython, logger: logger)
        registries = Registries(
            home: home, minders: minders, python: options.mlflowPython, logger: logger, door: door,
            named: { [store] in
                RepositoryPlanner(home: home).registryServers(of: (try? await store.projects()) ?? [])
            }, sandbox: { await serverSandbox.make() })
        registryDoor = RegistryDoor(address: door, registries: registries)
        planner = RepositoryPlanner(home: home)

        groups = .find(name: groupName(of: home))
        let (workspaces, scratch) = (Workspaces(folder: home.workspaces), ScratchFolders(folder: home.scratch))
        let executors = makeExecutors(
            slots: options.slots, home: home, minders: minders, groups: groups, scratch: scratch,
            policy: try Policy.read(from: home),
            workspace: { [workspaces] in try await workspaces.workspace(of: $0, in: $1) })
        let runner = StepRunner(
            home: home, store: store, executors: executors, planner: planner, registries: registries, logger: logger,
            troubles: troubles, door: registryDoor)
        engine = Engine(
            store: store, planner: planner, runner: runner, logger: logger, bells: bells, troubles: troubles)

        (servers, watches) = (GitServers(patience: options.patience), Watches())
        let client = ForgeClient()
        gate = Gate(
            store: store, home: home, slots: options.slots,
            lander: ChangeLander(store: store, client: client, servers: servers), watches: watches, logger: logger,
            bells: bells, troubles: troubles)
        turn = Turn(bells: bells, store: store, engine: engine, gate: gate, logger: logger)

        let address = PageAddress(home: home, published: options.publicAddress)
        follower = ForgeFollower(
            store: store, client: client, servers: servers, watches: watches, merges: gate, logger: logger,
            address: address, bells: bells, troubles: troubles)
        courier = NoticeCourier(home: home, address: address)
        sender = NoticeSender(store: store, courier: courier, logger: logger, bells: bells)
        clockwork = try Clockwork(
            store: store, planner: planner, registries: registries, logger: logger, bells: bells, troubles: troubles)
        approvedMoves = ApprovedMoves(store: store, home: home, registries: registries, logger: logger, bells: bells)
        cleaner = HomeCleaner(home: home, store: store, workspaces: workspaces, scratch: scratch)
    }

    public func run() async throws {
        let doorbell = try Doorbell(path: options.home.socket)
        let web = WebServer(
            answers: PageAnswers(reporter: Reporter(home: options.home, store: store)),
            webhooks: WebhookReceiver(store: store, follower: follower), host: options.host, port: options.port,
            published: options.publicAddress, logger: logger)
        do {
            // Start no work before the daemon is reachable: if the port is taken, it must exit at once.
            try await web.serve { address in
                try publish(address)
                try await work(doorbell)
            }
        } catch is CancellationError {
            logger.debug("stopped in the middle of something, which the next daemon takes up")
        }
        try await close()
    }

    /// Publishes the address of the pages.
    private func publish(_ address: String) throws {
        do {
            try address.write(toFile: options.home.address, atomically: true, encoding: .utf8)
        } catch {
            throw DaemonError.unusable("cannot write \(options.home.address): \(systemReason(error))")
        }
        logger.info("the board is at \(address)")
        options.announce(address)
    }

    private func work(_ doorbell: Doorbell) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            troubles.recall(try await store.troubles())
            // The engine must know a project before it can resume the work that the last daemon left.
            for project in try await store.projects() { await watch(project, &group) }
            group.addTask { [registryDoor, logger] in
                try await serveDoor(registryDoor, logger: logger)
            }
            group.addTask { await startRegistries() }
            group.addTask { await TroubleKeeper(troubles, store: store, bells: bells, logger: logger).run() }
            group.addTask { await forgetOldTroubles() }
            tell((try? await store.unreadable()) ?? [], try await store.projects())
            group.addTask { await engine.run() }
            group.addTask { await gate.run() }
            group.addTask { await turn.run() }
            group.addTask { await clockwork.run() }
            group.addTask { await follower.run() }
            group.addTask { await approvedMoves.run() }
            group.addTask { await sender.run() }
            group.addTask { await lookPeriodically() }
            group.addTask { await cleanPeriodically() }
            group.addTask {
                try? await gracefulShutdown()
                bells.stop()
                watches.stop()
            }
            for await ring in doorbell.rings().cancelOnGracefulShutdown() {
                if ring.lines.first?.hasPrefix("adopted ") ?? false {
                    for project in try await store.projects() where watches.watch(of: project.id)?.project != project {
                        await watch(project, &group)
                    }
                    // Its hooks may have been repaired.
                    for watch in watches.all where watch.project.url == nil { watch.ask(fetching: false) }
                }
                group.addTask { await answer(ring) }
            }
            group.cancelAll()
        }
    }

    /// Starting the embedded registry takes seconds, so it starts early if recent runs used it.
    private func startRegistries() async {
        for settings in (try? await store.registriesInUse()) ?? [] where settings.model != nil {
            _ = try? await registries.registry(settings)
        }
    }

    /// The embedded registry keeps running while steps are running, and the next daemon finds it again.
    private func close() async throws {
        if try await !store.unendedRuns().contains(where: { $0.progress.isLive }) { await registries.stop() }
        groups.remove()
        try store.close()
    }

    /// Watches a project. A project that was adopted again, for example with another URL, gets a new watch.
    private func watch(_ project: StoredProject, _ group: inout ThrowingDiscardingTaskGroup<any Error>) async {
        watches.watch(of: project.id)?.stop()
        let watch = ProjectWatch(
            project, home: options.home, store: store, servers: servers, logger: logger,
            troubles: troubles)
        watches.add(watch)
        link(watch, (try? await store.forges()) ?? [:])
        await engine.add(project)
        await gate.add(project)
        await clockwork.add(project)
        group.addTask { await watch.run(found: bells.turn) }
        logger.info("watching \(project.name) at \(project.repository)")
    }

    func link(_ watch: ProjectWatch, _ forges: [Int64: ForgeLink]) {
        watch.link(forges[watch.project.id])
        if watch.isLinked { follower.look(at: watch.project.id) }
    }

    /// The fallback if hooks, inotify and webhooks all fail to report a push.
    private func lookPeriodically() async {
        let period = max(1, min(options.lookEvery, options.fetchEvery))
        var seconds = 0
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            for watch in watches.all {
                let isRemote = watch.project.url != nil
                let every = isRemote ? options.fetchEvery : options.lookEvery
                guard seconds % every < period else { continue }
                if watch.isLinked { follower.look(at: watch.project.id) } else { watch.ask(fetching: isRemote) }
            }
            bells.notices.ring()
            if let events = try? await store.unhandledEvents(), !events.unreadable.isEmpty {
                tell(events.unreadable, (try? await store.projects()) ?? [])
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(period)) }
            seconds += period
        }
    }

    /// Raises a trouble for rows that cannot be decoded. They wait for a version that can, and hold up nothing else.
    private func tell(_ rows: [Unreadable], _ projects: [StoredProject]) {
        for row in rows {
            troubles.raise(
                .unreadable, of: projects.first { $0.id == row.project }?.name, part: "\(row.table) \(row.id)",
                what: "\(row)", remedy: "run the version of Espalier that wrote it, or a newer one")
        }
    }

    /// Clears troubles from the last daemon that this one has not seen. After ten minutes everything has been retried.
    private func forgetOldTroubles() async {
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(600)) }
        if !Task.isCancelled, !Task.isShuttingDownGracefully { troubles.forgetUnseen() }
    }

    private func cleanPeriodically() async {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(3_600)) }
            if Task.isCancelled || Task.isShuttingDownGracefully { return }
            do {
                let done = try await cleaner.clean(options.keeping)
                logger.debug("cleaned: \(done)")
            } catch {
                logger.error("old workspaces and results could not be removed, and will be in an hour: \(error)")
            }
        }
    }
}

extension RepositoryPlanner: ProjectPlanner {}
extension WebhookReceiver: Webhooks {}
