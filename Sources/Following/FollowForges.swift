import Changes
import Events
import Forges
import Foundation
import Git
import Home
import Logging
import Notices
import Plans
import Projects
import Runs
import Store
import Synchronization

/// Records that a forge has merged a pull request, no matter who requested it.
package protocol MergeNoting: Sendable {
    /// - Returns: `false` while the target is being moved; that move records the merge itself.
    func noteMerged(_ pull: Int64, into target: GateTarget, as tip: ObjectID) async throws -> Bool
}

/// Keeps projects and their forges in sync: pull requests become refs here, their progress becomes statuses there.
///
/// A webhook only triggers a look; the facts come from the forge and its repository. So a webhook that is lost, late,
/// duplicated or forged changes only the timing. Each project's forge is a lane.
package final class ForgeFollower: Sendable {
    private let store: Store
    private let client: ForgeClient
    private let servers: GitServers
    private let logger: Logger
    private let troubles: Troubles
    private let watches: Watches
    private let merges: any MergeNoting
    private let address: PageAddress
    private let bell: Bell
    private let lanes: Lanes<Int64>
    private let standings = Mutex<[Int64: Standing]>([:])

    /// State of a project's forge that is not in the store.
    private struct Standing {
        /// A look is due, whatever asked for it.
        var isWanted = false
        /// After failures: no look before this time.
        var notBefore: Date?
        var failures = 0
        /// No requests before this time, for example because of a rate limit.
        var restsUntil = Date.distantPast

        /// When to serve it.
        ///
        /// - Parameter message: when the next message is due.
        func due(_ message: Date?) -> Date? {
            let look = isWanted ? notBefore ?? .distantPast : nil
            return [look, message].compactMap(\.self).min().map { max($0, restsUntil) }
        }
    }

    package init(
        store: Store, client: ForgeClient, servers: GitServers, watches: Watches, merges: any MergeNoting,
        logger: Logger, address: PageAddress, bells: Bells, troubles: Troubles = Troubles()
    ) {
        bell = bells.forges
        lanes = Lanes(bells.forges)

        self.store = store
        self.client = client
        self.servers = servers
        self.watches = watches
        self.merges = merges
        self.logger = logger
        self.address = address
        self.troubles = troubles
    }

    /// Requests a look at a project's pull requests.
    package func look(at project: Int64) {
        update(project) { $0.isWanted = true }
        bell.ring()
    }

    /// Runs until stopped.
    package func run() async {
        await lanes.run {
            try await next()
        } failed: { error in
            logger.error("the forges could not be served, and are tried again: \(error)")
        } serve: {
            await self.serve($0)
        }
    }

    /// When to serve each project that has work.
    private func next() async throws -> [Int64: Date] {
        // Most rings concern projects without a forge, and must not cost a query.
        guard standings.withLock({ !$0.isEmpty }) else { return [:] }
        let forges = try await store.forges()
        guard !forges.isEmpty else { return [:] }
        let (told, messages) = (try await store.projectsWithDeliveries(), try await store.nextMessages())
        return forges.keys.filter { watches.watch(of: $0) != nil }.reduce(into: [:]) { next, id in
            next[id] = update(id) { standing in
                if told.contains(id) { standing.isWanted = true }
                return standing.due(messages[id])
            }
        }
    }

    /// Do the due work of one project.
    private func serve(_ id: Int64) async {
        guard let watch = watches.watch(of: id) else { return }
        do {
            guard let link = try await store.forges()[id] else { return }
            if takeLook(at: id) { try await look(at: watch, link) }
            if update(id, { $0.restsUntil <= Date() }) { try await tell(watch, link) }
        } catch {
            if !Task.isCancelled {
                logger.error("\(watch.project.name): its forge could not be served, and is tried again: \(error)")
            }
            update(id) { $0.restsUntil = Date().addingTimeInterval(5) }
        }
    }

    private func takeLook(at project: Int64) -> Bool {
        update(project) { standing in
            guard standing.isWanted, standing.notBefore ?? .distantPast <= Date() else { return false }
            standing.isWanted = false
            return true
        }
    }

    @discardableResult
    private func update<T>(_ project: Int64, _ change: (inout Standing) -> T) -> T {
        standings.withLock { change(&$0[project, default: Standing()]) }
    }

    // MARK: Pull requests from forges

    private func look(at watch: ProjectWatch, _ link: ForgeLink) async throws {
        let (id, began) = (watch.project.id, Date())
        do {
            try await look(at: try LinkedForge(watch.project, link), watch)
            try await store.handleDeliveries(of: id, until: began)
            troubles.clear(.forge, of: watch.project.name)
            update(id) { standing in
                standing.failures = 0
                if !standing.isWanted { standing.notBefore = nil }
            }
        } catch {
            try Task.checkCancellation()
            let pause = update(id) { standing in
                standing.failures += 1
                let pause = self.pause(after: standing.failures, error)
                let until = Date().addingTimeInterval(pause)
                (standing.isWanted, standing.notBefore) = (true, until)
                if error.asksToWait { standing.restsUntil = until }
                return pause
            }
            raise(error, watch.project, part: "")
            logger.warning("\(watch.project.name): its forge is asked again in \(Int(pause)) s: \(error)")
        }
    }

    /// Make the refs of pull requests match the forge.
    private func look(at linked: LinkedForge, _ watch: ProjectWatch) async throws {
        var pulls: [ForgeChange] = []
        var page = 1
        while true {
            let answer = try linked.forge.changes(in: try await client.send(linked.forge.listChanges(page: page)))
            pulls += answer.changes
            guard answer.hasMore, page < 100 else { break }
            page += 1
        }
        // Fetch after listing, so that the listed heads are included.
        _ = await watch.look(fetching: true)
        let open = pulls.filter { $0.state == .open && !$0.isDraft }
        try await store.know(open.map(ChangeOrigin.init), of: linked.project.id)
        let repository = try Repository(at: linked.project.repository)
        let present = try repository.tips()
        var moved = try setRefs(of: open, in: repository, present)
        let listed = Set(open.map { PullRef.name($0.number, target: $0.target) })
        for name in present.keys where !listed.contains(name) {
            guard let pull = ProposalRef(name), let number = PullRef.number(ofKey: pull.key),
                try await isOver(number, into: pull.target, linked)
            else { continue }
            try repository.removeRef(name)
            moved.insert(name)
        }
        if !moved.isEmpty { _ = await watch.look(at: moved) }
    }

    /// Finds out what happened to an unlisted pull request: merged, perhaps by us with the answer lost, or closed.
    ///
    /// - Returns: whether its ref is no longer needed.
    private func isOver(_ number: Int64, into branch: String, _ linked: LinkedForge) async throws -> Bool {
        let answer = try await client.send(linked.forge.change(number))
        if [404, 410].contains(answer.status) { return true }
        let now = try linked.forge.change(in: answer)
        switch now.state {
        case .closed: return true
        // The list has pages: an entry that moves to an earlier page meanwhile is missed.
        case .open: return now.isDraft || now.target != branch
        case .merged:
            guard now.target == branch else { return true }
            let target = GateTarget(project: linked.project.id, branch: branch)
            let token = linked.forge.settings.token
            guard let tip = try await servers.tip(of: target.ref, of: linked.project, token: token) else { return true }
            if try await merges.noteMerged(number, into: target, as: tip) { return true }
            update(linked.project.id) { standing in
                standing.isWanted = true
                standing.notBefore = Date().addingTimeInterval(1)
            }
            return false
        }
    }

    /// - Returns: the refs that were moved or created.
    private func setRefs(of open: [ForgeChange], in repository: Repository, _ present: [String: ObjectID]) throws
        -> Set<String>
    {
        var wanted: [String: ObjectID] = [:]
        for pull in open {
            // If the head is not fetched yet, the next look gets it.
            guard let head = ObjectID(pull.head), repository.has(head) else { continue }
            wanted[PullRef.name(pull.number, target: pull.target)] = head
        }
        var moved: Set<String> = []
        for (ref, head) in wanted where present[ref] != head {
            try repository.setRef(ref, to: head)
            moved.insert(ref)
        }
        return moved
    }

    // MARK: Statuses to forges

    private func tell(_ watch: ProjectWatch, _ link: ForgeLink) async throws {
        let id = watch.project.id
        var told: Set<ForgeMessage> = []
        for message in try await store.dueMessages(of: id, at: Date()).reversed() {
            // Of equal messages, only the latest is needed.
            guard told.insert(message.message).inserted else { continue }
            do {
                let linked = try LinkedForge(watch.project, link)
                if let status = try await status(for: message.message) {
                    try await client.post(status, to: linked.forge)
                }
                try await store.done(message, at: Date())
                troubles.clear(.forge, of: watch.project.name, part: "statuses")
            } catch let error as ForgeError where error.isFinal {
                logger.error(
                    "\(watch.project.name): its forge does not take the status of \(message.message): \(error)")
                try await store.done(message, at: Date())
            } catch {
                try Task.checkCancellation()
                let until = Date().addingTimeInterval(pause(after: message.attempts + 1, error))
                if message.attempts == 0 {
                    logger.warning(
                        "\(watch.project.name): its forge is told later how \(message.message) stands: \(error)")
                }
                raise(error, watch.project, part: "statuses")
                try await store.delay(message, until: until, trouble: "\(error)")
                if error.asksToWait { return update(id) { $0.restsUntil = until } }
            }
        }
    }

    /// The status to post now; `nil` if none is needed any more.
    private func status(for message: ForgeMessage) async throws -> CommitStatus? {
        switch message {
        case .change(let number): try await store.change(number).flatMap { CommitStatus($0, address: address.current) }
        case .run(let id): CommitStatus(try await store.run(id), address: address.current)
        }
    }

    private func raise(_ error: any Error, _ project: StoredProject, part: String) {
        // A rate limit is no trouble: the forge itself says when to continue.
        guard let error = error as? ForgeError, !error.asksToWait else { return }
        let remedy =
            switch error {
            case .refused, .misconfigured:
                "give it a token that may do that: write it into the token's file, which is read anew each time, or "
                    + "`espalier link \(project.name) --token-file FILE`"
            case .busy, .unreachable, .unreadable:
                "see whether it answers from this machine, and whether `espalier link` has its address"
            }
        let doing = part.isEmpty ? "the forge cannot be asked for pull requests" : "the forge does not take statuses"
        troubles.raise(.forge, of: project.name, part: part, what: "\(doing): \(error)", remedy: remedy)
    }

    /// Seconds until the next attempt: doubles each time, up to ten minutes, or what the forge asks for.
    private func pause(after failures: Int, _ error: any Error) -> Double {
        let usual = backoff(after: failures, atMost: 600)
        guard case .busy(_, _, let retry?)? = error as? ForgeError else { return usual }
        switch retry {
        case .after(let seconds): return max(1, min(3_600, Double(seconds)))
        case .at(let seconds): return max(1, min(3_600, Double(seconds) - Date().timeIntervalSince1970))
        }
    }
}

extension Error {
    /// Whether a forge says when to retry.
    fileprivate var asksToWait: Bool {
        if case .busy(_, _, _?)? = self as? ForgeError { true } else { false }
    }
}

extension ForgeClient {
    package func post(_ status: CommitStatus, to forge: any Forge) async throws(ForgeError) {
        if let trouble = forge.statusTrouble(in: try await send(forge.setStatus(status))) { throw trouble }
    }
}

extension ChangeOrigin {
    init(_ pull: ForgeChange) {
        self.init(number: pull.number, author: pull.author, title: pull.title, isFork: pull.isFork, url: pull.url)
    }
}

extension CommitStatus {
    /// The status of a change, for its head commit; `nil` for a change that no forge knows.
    package init?(_ change: Change, address: String?) {
        guard change.origin != nil, let head = change.head else { return nil }
        let state: State
        switch change.state {
        case .proposed, .checking, .ready, .queued: state = .pending
        // A forge that merges itself may require success first.
        case .merging, .merged: state = .success
        case .conflicted, .rejected: state = .failure
        case .withdrawn: return nil
        }
        self.init(
            commit: head.description, state: state, context: "espalier/gate",
            description: "\(change.state.word): \(change.state.reason)",
            targetURL: address.map { "\($0)changes/\(change.number)" })
    }

    package init(_ run: StoredRun, address: String?) {
        let state: State
        switch run.outcome {
        case nil: state = .pending
        case .passed: state = .success
        case .failed: state = .failure
        default: state = .error
        }
        let said = run.outcome == nil ? "queued or running" : run.outcome == .passed ? "passed" : run.failure
        self.init(
            commit: run.plan.commit.description, state: state,
            context: "espalier/\(run.plan.environment)/\(run.plan.pipeline)",
            description: said.isEmpty ? run.outcome?.rawValue ?? "" : said,
            targetURL: address.map { "\($0)runs/\(run.id)" })
    }
}
