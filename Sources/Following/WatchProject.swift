import Events
import Forges
import Foundation
import Git
import Home
import Logging
import Notices
import Projects
import Store
import Synchronization
import Watching

/// Watches one repository: anybody may request a look, and looks run one at a time.
///
/// Concurrent looks could store an older reading over a newer one and so invent moves that never happened. So all
/// requests queue here.
package final class ProjectWatch: Sendable {
    package let project: StoredProject
    private let home: Home
    private let store: Store
    private let servers: GitServers
    private let logger: Logger
    private let troubles: Troubles
    private let requests: AsyncStream<Request>
    private let queue: AsyncStream<Request>.Continuation
    /// The project's forge, if it has one.
    private let links = Mutex<ForgeLink?>(nil)
    private let willLookAgain = Mutex(false)

    private struct Request: Sendable {
        var names: Set<String>?
        var fetches = false
        var done: (@Sendable ([StoredEvent]) -> Void)?
    }

    package init(
        _ project: StoredProject, home: Home, store: Store, servers: GitServers, logger: Logger,
        troubles: Troubles = Troubles()
    ) {
        self.project = project
        self.home = home
        self.store = store
        self.servers = servers
        self.logger = logger
        self.troubles = troubles
        (requests, queue) = AsyncStream.makeStream()
    }

    /// Look at these refs, or at all of them. Returns the events that were stored.
    package func look(at names: Set<String>? = nil, fetching: Bool = false) async -> [StoredEvent] {
        await withCheckedContinuation { continuation in
            let request = Request(names: names, fetches: fetching) { continuation.resume(returning: $0) }
            if case .terminated = queue.yield(request) { continuation.resume(returning: []) }
        }
    }

    /// Requests a look at one ref, without waiting for it.
    package func ask(_ ref: String) { queue.yield(Request(names: [ref])) }

    /// Requests a look at all refs, without waiting for it.
    package func ask(fetching: Bool) { queue.yield(Request(fetches: fetching)) }

    /// Serves requests until cancelled.
    ///
    /// - Parameter found: rung after each look that stored something.
    package func run(found: Bell) async {
        await keepGated(after: nil)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.followDisk() }
            for await request in requests {
                let events = await serve(request)
                if !events.isEmpty { found.ring() }
                request.done?(events)
            }
            group.cancelAll()
        }
    }

    package func stop() { queue.finish() }

    package var isLinked: Bool { links.withLock { $0 != nil } }

    /// Use this forge's token and pull request refs for fetches.
    package func link(_ forge: ForgeLink?) { links.withLock { $0 = forge } }

    private func serve(_ request: Request) async -> [StoredEvent] {
        do {
            if request.fetches { try await fetch() }
            let now = try read(request)
            troubles.clear(.repository, of: project.name)
            if request.names == nil, project.url == nil { inspectHooks() }
            Failpoint.reach(.lookRead)
            let events = try await store.recordLook(project: project.id, now: now, among: request.names, at: Date())
            Failpoint.reach(.lookStored)
            await keepGated(after: events)
            return events
        } catch {
            if Task.isCancelled { return [] }
            logger.error("looking at \(project.name) failed: \(error)")
            if error is GitError {
                troubles.raise(
                    .repository, of: project.name, what: "\(error)",
                    remedy: "check the repository with `git -C \(project.repository) fsck`, and who may read it")
            }
            if !request.fetches { lookAgain() }
            return []
        }
    }

    /// Record who moved a gated branch past its gate, and update the hook's list of gated branches.
    private func keepGated(after events: [StoredEvent]?) async {
        guard project.url == nil else { return }
        let moves = events?.compactMap { $0.event.as(RefMove.self) }
        if moves?.isEmpty ?? false { return }
        do {
            let gated = GatedBranches(project: project, home: home)
            for move in moves ?? [] {
                guard let branch = move.branch, move.from != nil, gated.isGated(branch),
                    try await store.notePassing(move, of: branch, project: project.id, at: Date())
                else { continue }
                logger.warning("\(project.name): \(branch) was moved past its gate to \(move.to?.short ?? "nothing")")
            }
            try gated.update(after: moves)
        } catch {
            logger.error("\(project.name): which branches are gated could not be told to its hook: \(error)")
        }
    }

    /// Look at everything in a second, because a full disk or a busy store recovers. One retry serves all failed looks.
    private func lookAgain() {
        let isFirst = willLookAgain.withLock { will in
            defer { will = true }
            return !will
        }
        guard isFirst else { return }
        Task { [self] in
            try? await Task.sleep(for: .seconds(1))
            willLookAgain.withLock { $0 = false }
            queue.yield(Request())
        }
    }

    private func fetch() async throws {
        guard let url = project.url else { return }
        let forge = try links.withLock { try $0.map { try LinkedForge(project, $0).forge } }
        do {
            try await servers.fetch(project, token: forge?.settings.token, changes: forge?.changeRefs)
            troubles.clear(.mirror, of: project.name)
        } catch let error as GitError {
            if !Task.isCancelled {
                troubles.raise(
                    .mirror, of: project.name, what: "\(error)",
                    remedy: Remedy.fetch(redacted(url), project: project.name, isLinked: isLinked))
            }
            throw FetchFailed(reason: error)
        }
    }

    private func read(_ request: Request) throws -> [String: ObjectID] {
        let repository = try Repository(at: project.repository)
        if let names = request.names { return try repository.tips(of: names) }
        return try repository.tips()
    }

    /// Raise a trouble if Git does not call our hooks: pushes are then seen late, and gates are not enforced.
    private func inspectHooks() {
        if let problem = Hooks(home: home).problem(of: project.repository) {
            troubles.raise(.hooks, of: project.name, what: problem.what, remedy: problem.remedy)
        } else {
            troubles.clear(.hooks, of: project.name)
        }
    }

    /// Turn changes on disk into requests. Once the watcher reports every later move, look at everything first: pushes may
    /// have come while nobody watched.
    private func followDisk() async {
        do {
            let repository = try Repository(at: project.repository).gitDirectory
            let hints = try RefWatcher(repository: repository).hints()
            queue.yield(Request())
            for await hint in hints {
                if case .refs(let names) = hint {
                    let watched = names.filter(isWatched(ref:))
                    if !watched.isEmpty { queue.yield(Request(names: watched)) }
                } else {
                    queue.yield(Request())
                }
            }
        } catch {
            logger.warning("\(project.name) is only looked at every minute: \(error)")
            queue.yield(Request())
        }
    }
}

/// The mirror could not be fetched, so the refs on the server are unknown.
private struct FetchFailed: Error, CustomStringConvertible {
    let reason: GitError

    var description: String { "\(reason)" }
}

/// Remedies for a project that cannot continue.
enum Remedy {
    static func fetch(_ url: String, project: String, isLinked: Bool) -> String {
        "see what `git ls-remote \(url)` says here, as the daemon's user"
            + (isLinked
                ? ", and whether the token of `espalier link \(project)` may still read it"
                : ", and adopt the project anew if it has moved: `espalier adopt URL --name \(project)`")
    }
}
