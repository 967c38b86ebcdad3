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
import ServiceLifecycle
import Store
import Watching
import Web

/// How a daemon is started.
public struct DaemonOptions: Sendable {
    public var home: Home
    public var host: String
    /// 0 lets the system choose.
    public var port: UInt16
    /// Steps that run at once.
    public var slots: Int
    /// A Python with MLflow's server, for `registry: embedded`.
    public var mlflowPython: String
    /// Path of `espalier-minder`.
    public var minder: String
    /// Seconds between looks at everything.
    public var lookEvery: Int
    /// Seconds between fetches of remote repositories.
    public var fetchEvery: Int
    /// Seconds without a sign of life until a Git server counts as gone.
    public var patience = GitServers().patience
    /// Where others find the pages, with a slash at its end; the address that is served when absent.
    public var publicAddress: String?
    public var keeping = Keeping()
    /// Called with the address of the pages, once they can be asked for.
    public var announce: @Sendable (String) -> Void = { _ in }

    public init(
        home: Home, host: String = "127.0.0.1", port: UInt16 = 8420, slots: Int = 2, mlflowPython: String,
        minder: String, lookEvery: Int = 60, fetchEvery: Int = 60
    ) {
        self.home = home
        self.host = host
        self.port = port
        self.slots = slots
        self.mlflowPython = mlflowPython
        self.minder = minder
        self.lookEvery = lookEvery
        self.fetchEvery = fetchEvery
    }
}

/// Everything joined: watches, plans, runs, gates, promotes, fires, and answers. One `run()` from start to shutdown.
public struct Daemon: Service {
    let options: DaemonOptions
    private let lock: HomeLock
    let store: Store
    let registries: Registries
    let engine: Engine
    let clockwork: Clockwork
    let clock: ClockBell
    private let servers: GitServers
    private let watches: Watches
    private let follower: ForgeFollower
    let approved: ApprovedMoves
    let courier: NoticeCourier
    private let sender: NoticeSender
    private let cleaner: HomeCleaner
    private let groups: ControlGroups
    private let logger: Logger

    public init(_ options: DaemonOptions, logger: Logger) throws {
        try options.home.prepare()
        self.options = options
        self.logger = logger
        lock = try HomeLock(options.home)
        let store = try Store(path: options.home.database)
        let minders = Minders(program: options.minder)
        let registries = Registries(home: options.home, minders: minders, python: options.mlflowPython, logger: logger)
        let watches = Watches()
        let workspaces = Workspaces(folder: options.home.workspaces)
        groups = .find(name: groupName(of: options.home))
        let scratch = ScratchFolders(folder: options.home.scratch)
        let runner = StepRunner(
            home: options.home, store: store,
            commands: CommandRunner(
                home: options.home, minders: minders, groups: groups, scratch: scratch,
                workspace: { [workspaces] in try await workspaces.workspace(of: $0, in: $1) }),
            registries: registries, logger: logger)
        let (bell, clock) = (Bell(), ClockBell())
        let client = ForgeClient()
        servers = GitServers(patience: options.patience)
        let lander = ChangeLander(store: store, client: client, servers: servers)
        let gate = Gate(
            store: store, home: options.home, slots: options.slots, lander: lander, logger: logger, ring: bell.ring
        ) {
            watches.nudge($0, $1)
        }
        let address: @Sendable () -> String? = { [options] in
            options.publicAddress
                ?? (try? String(contentsOfFile: options.home.address, encoding: .utf8))?
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let follower = ForgeFollower(
            store: store, client: client, servers: servers, watches: watches, gate: gate, logger: logger,
            address: address)
        let courier = NoticeCourier(home: options.home, address: address)
        let sender = NoticeSender(store: store, courier: courier, logger: logger)
        (self.follower, self.courier, self.sender) = (follower, courier, sender)
        engine = Engine(
            store: store, home: options.home, runner: runner, gate: gate, slots: options.slots, logger: logger,
            bell: bell, clock: clock
        ) {
            follower.ring()
            sender.ring()
        }
        clockwork = try Clockwork(
            store: store, home: options.home, registries: registries, logger: logger, clock: clock
        ) {
            bell.ring()
            sender.ring()
        }
        self.clock = clock
        cleaner = HomeCleaner(home: options.home, store: store, workspaces: workspaces, scratch: scratch)
        approved = ApprovedMoves(
            store: store, home: options.home, registries: registries, logger: logger, moved: sender.ring)
        (self.store, self.registries, self.watches) = (store, registries, watches)
    }

    public func run() async throws {
        let doorbell = try Doorbell(path: options.home.socket)
        let web = WebServer(
            answers: PageAnswers(reporter: Reporter(home: options.home, store: store)),
            webhooks: WebhookReceiver(store: store, follower: follower), host: options.host, port: options.port,
            logger: logger)
        do {
            // Nothing is taken up before the daemon can be reached: a port that is taken ends it at once.
            try await web.serve { address in
                try publish(address)
                try await work(doorbell)
            }
        } catch is CancellationError {
            logger.debug("stopped in the middle of something, which the next daemon takes up")
        }
        try await close()
    }

    /// Tell where the pages are.
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
            // What was at work when the last daemon ended can only be taken up by an engine that knows its project.
            for project in try await store.projects() { await watch(project, &group) }
            group.addTask { await startRegistries() }
            group.addTask { await engine.run() }
            group.addTask { await clockwork.run() }
            group.addTask { await follower.run() }
            group.addTask { await approved.run() }
            group.addTask { await sender.run() }
            group.addTask { await lookNowAndThen() }
            group.addTask { await cleanNowAndThen() }
            group.addTask {
                try? await gracefulShutdown()
                stop()
            }
            for await ring in doorbell.rings().cancelOnGracefulShutdown() {
                if ring.lines.first?.hasPrefix("adopted ") ?? false {
                    for project in try await store.projects() where !watches.isWatched(project) {
                        await watch(project, &group)
                    }
                }
                group.addTask { await answer(ring) }
            }
            group.cancelAll()
        }
    }

    /// A registry of one's own takes seconds to start: what was used lately will be used again.
    private func startRegistries() async {
        for settings in (try? await store.registriesInUse()) ?? [] where settings.model != nil {
            _ = try? await registries.registry(settings)
        }
    }

    private func stop() {
        engine.stop()
        clockwork.stop()
        follower.stop()
        approved.stop()
        sender.stop()
        watches.stop()
    }

    /// The embedded registry stays as long as steps are at work, and is found again by the next daemon.
    private func close() async throws {
        if try await !store.unendedRuns().contains(where: { $0.progress.isLive }) { await registries.stop() }
        groups.remove()
        try store.close()
    }

    private func watch(_ project: StoredProject, _ group: inout ThrowingDiscardingTaskGroup<any Error>) async {
        let watch = ProjectWatch(project, home: options.home, store: store, servers: servers, logger: logger)
        watches.add(watch)
        link(watch, (try? await store.forges()) ?? [:])
        await engine.add(project)
        await clockwork.add(project)
        group.addTask { await watch.run { engine.ring() } }
        logger.info("watching \(project.name) at \(project.repository)")
    }

    /// The net under everything that tells of a push: hooks, inotify and webhooks may all fail.
    private func lookNowAndThen() async {
        let period = max(1, min(options.lookEvery, options.fetchEvery))
        var seconds = 0
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            for watch in watches.all {
                let isRemote = watch.project.url != nil
                let every = isRemote ? options.fetchEvery : options.lookEvery
                guard seconds % every < period else { continue }
                if watch.isLinked { follower.look(at: watch.project.id) } else { watch.ask(fetching: isRemote) }
            }
            sender.ring()
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(period)) }
            seconds += period
        }
    }

    private func link(_ watch: ProjectWatch, _ forges: [Int64: ForgeLink]) {
        watch.link(forges[watch.project.id])
        if watch.isLinked { follower.look(at: watch.project.id) }
    }

    private func cleanNowAndThen() async {
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

    private func answer(_ ring: Ring) async {
        let words = (ring.lines.first ?? "").split(separator: " ", maxSplits: 1).map(String.init)
        do {
            switch words.first {
            case "pushed": ring.answer(try await pushed(to: words.last ?? "", Array(ring.lines.dropFirst())))
            case "gc":
                let done = try await cleaner.clean(Keeping(words: words.last ?? "") ?? options.keeping)
                ring.answer(String(decoding: try json(done, pretty: false), as: UTF8.self) + "\n")
            case "cancel":
                try await engine.cancel(Int64(words.last ?? "") ?? 0)
                ring.answer("ok\n")
            case "retry":
                try await engine.retry(Int64(words.last ?? "") ?? 0)
                ring.answer("ok\n")
            case "approve-decision": ring.answer(try await approveDecision(Array(ring.lines.dropFirst())))
            case "rollback": ring.answer(try await rollBack(Array(ring.lines.dropFirst())))
            case "approve": ring.answer(try await approve(Array(ring.lines.dropFirst())))
            case "withdraw": ring.answer(try await withdraw(Array(ring.lines.dropFirst())))
            case "open": ring.answer(try await openChange(Array(ring.lines.dropFirst())))
            case "test-notice": ring.answer(try await testNotice(Array(ring.lines.dropFirst())))
            case "fire": ring.answer(try await fire(Array(ring.lines.dropFirst())))
            case "pause": ring.answer(try await pause(Array(ring.lines.dropFirst())))
            case "resume": ring.answer(try await resume(Array(ring.lines.dropFirst())))
            case "backfill": ring.answer(try await backfill(Array(ring.lines.dropFirst())))
            case "cancel-backfill": ring.answer(try await cancelBackfill(Array(ring.lines.dropFirst())))
            case "retry-backfill": ring.answer(try await retryBackfill(Array(ring.lines.dropFirst())))
            case "linked":
                let forges = (try? await store.forges()) ?? [:]
                for watch in watches.all { link(watch, forges) }
                ring.answer("ok\n")
            case "adopted", "look":
                for watch in watches.all { await engine.planned(await watch.look(fetching: watch.project.url != nil)) }
                ring.answer("ok\n")
            default: ring.answer(unknownRequest)
            }
        } catch {
            ring.answer("error: \(error)\n")
        }
    }

    /// A hook names the refs that moved: only those are read. The person at the other end reads what became of it.
    func pushed(to repository: String, _ lines: [String]) async throws -> String {
        guard let watch = watches.all.first(where: { $0.project.repository == repository }) else {
            return "espalier: \(repository) is not adopted here\n"
        }
        var pushed: [String: ObjectID?] = [:]
        /// Refs that were pushed as they were.
        var again: [String: ObjectID] = [:]
        // Each line is `OLD NEW REF`, as Git gives it to its hooks.
        for line in lines {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count == 3, isWatched(ref: words[2]) else { continue }
            pushed.updateValue(ObjectID(words[1]), forKey: words[2])
            if words[0] == words[1] { again[words[2]] = ObjectID(words[1]) }
        }
        guard !pushed.isEmpty else { return "" }
        let since = Date()
        let events = await watch.look(at: Set(pushed.keys))
        if events.isEmpty { try await propose(again, watch.project) }
        // Another look may have been faster and stored the events: what matters is that they are planned.
        await engine.planned(try await store.unhandledEvents().filter { $0.project == watch.project.id })
        let address = Reporter(home: options.home, store: store).runningAddress() ?? ""
        return try await PushAnswer(store: store, address: address).text(pushed, project: watch.project, since: since)
    }

    /// The project of a request; a dash stands for the only one.
    func project(_ word: String) async throws -> StoredProject {
        try await store.project(named: word == "-" ? nil : word)
    }
}

/// What a request of the wrong shape is answered.
let unknownRequest = "error: unknown request\n"
