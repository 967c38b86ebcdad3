import Changes
import Events
import Forges
import Foundation
import Git
import Logging
import Plans
import Runs
import Store
import Synchronization

/// Keeps projects and their forges in step: pull requests become refs here, what becomes of them is told there.
///
/// A webhook only says that there is something to look at. What there is, the forge and its repository say themselves; so a
/// webhook that is lost, late, doubled or made up changes nothing but the time.
final class ForgeFollower: Sendable {
    private let store: Store
    private let client: ForgeClient
    private let servers: GitServers
    private let logger: Logger
    private let watches: Watches
    private let gate: Gate
    /// Where the pages are, for links; absent until they can be asked for.
    private let address: @Sendable () -> String?
    private let bell = Bell()
    private let state = Mutex(State())

    private struct State {
        /// Projects to be looked at, whatever made us think so.
        var wanted: Set<Int64> = []
        /// After failures: not before then.
        var notBefore: [Int64: Date] = [:]
        var failures: [Int64: Int] = [:]
        /// Projects whose forge wants to be left alone: until then.
        var silentUntil: [Int64: Date] = [:]
        /// Whether any project has a forge.
        var isNeeded = false
    }

    init(
        store: Store, client: ForgeClient, servers: GitServers, watches: Watches, gate: Gate, logger: Logger,
        address: @escaping @Sendable () -> String?
    ) {
        self.store = store
        self.client = client
        self.servers = servers
        self.watches = watches
        self.gate = gate
        self.logger = logger
        self.address = address
    }

    /// Something may have to be told.
    func ring() { if state.withLock({ $0.isNeeded }) { bell.ring() } }

    func stop() { bell.stop() }

    /// Look at a project's pull requests soon.
    func look(at project: Int64) {
        state.withLock { state in
            state.isNeeded = true
            state.wanted.insert(project)
        }
        bell.ring()
    }

    /// Serve until stopped.
    func run() async {
        var alarm = Alarm(bell)
        bell.ring()
        for await _ in bell.rings {
            do {
                try await lookAtAll(&alarm)
                try await tellAll(&alarm)
            } catch {
                if Task.isCancelled { break }
                logger.error("the forges could not be served, and are tried again: \(error)")
                alarm.set(in: 5)
            }
        }
        alarm.cancel()
    }

    // MARK: What forges say

    private func lookAtAll(_ alarm: inout Alarm) async throws {
        let told = try await store.projectsWithDeliveries()
        let now = Date()
        let due = state.withLock { state in
            let wanted = state.wanted.union(told)
            let due = wanted.filter { (state.notBefore[$0] ?? now) <= now }
            state.wanted = wanted.subtracting(due)
            return due
        }
        let forges = due.isEmpty ? [:] : try await store.forges()
        for id in due.sorted() {
            guard let link = forges[id], let watch = watches.watch(of: id) else { continue }
            let began = Date()
            do {
                try await look(at: try LinkedForge(watch.project, link), watch)
                try await store.handleDeliveries(of: id, until: began)
                state.withLock { state in
                    state.failures[id] = nil
                    if !state.wanted.contains(id) { state.notBefore[id] = nil }
                }
            } catch {
                try Task.checkCancellation()
                let pause = state.withLock { state in
                    let count = (state.failures[id] ?? 0) + 1
                    let pause = self.pause(after: count, error)
                    state.failures[id] = count
                    state.notBefore[id] = Date().addingTimeInterval(pause)
                    state.wanted.insert(id)
                    return pause
                }
                logger.warning("\(watch.project.name): its forge is asked again in \(Int(pause)) s: \(error)")
            }
        }
        // An alarm that rang for something else may have come too early for these.
        let next = state.withLock { state in state.wanted.compactMap { state.notBefore[$0] }.min() }
        if let next { alarm.set(in: max(0.1, next.timeIntervalSinceNow)) }
    }

    /// Make the refs of pull requests what the forge says they are.
    private func look(at linked: LinkedForge, _ watch: ProjectWatch) async throws {
        var pulls: [ForgeChange] = []
        var page = 1
        while true {
            let answer = try linked.forge.changes(in: try await client.send(linked.forge.listChanges(page: page)))
            pulls += answer.changes
            guard answer.hasMore, page < 100 else { break }
            page += 1
        }
        // After the list, so that every head of it can be there.
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

    /// What has become of a pull request that is not listed: merged, maybe by us and nobody heard of it, or given up.
    ///
    /// - Returns: whether its ref has no use any more.
    private func isOver(_ number: Int64, into branch: String, _ linked: LinkedForge) async throws -> Bool {
        let answer = try await client.send(linked.forge.change(number))
        if [404, 410].contains(answer.status) { return true }
        let now = try linked.forge.change(in: answer)
        switch now.state {
        case .closed: return true
        // The list is read page by page, and what moves up meanwhile may slip through between two of them.
        case .open: return now.isDraft || now.target != branch
        case .merged:
            guard now.target == branch else { return true }
            let target = Gate.Target(project: linked.project.id, branch: branch)
            let token = linked.forge.settings.token
            guard let tip = try await servers.tip(of: target.ref, of: linked.project, token: token) else { return true }
            if try await gate.noteMerged(number, into: target, as: tip) { return true }
            state.withLock { state in
                state.wanted.insert(linked.project.id)
                state.notBefore[linked.project.id] = Date().addingTimeInterval(1)
            }
            return false
        }
    }

    /// - Returns: the refs that were moved or made.
    private func setRefs(of open: [ForgeChange], in repository: Repository, _ present: [String: ObjectID]) throws
        -> Set<String>
    {
        var wanted: [String: ObjectID] = [:]
        for pull in open {
            // A head that has not been fetched yet comes with the next look.
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

    // MARK: What forges are told

    private func tellAll(_ alarm: inout Alarm) async throws {
        let forges = try await store.forges()
        guard !forges.isEmpty else { return }
        var told: Set<OpenMessageKey> = []
        for message in try await store.dueMessages(at: Date()).reversed() {
            // The latest of the same says it all.
            guard told.insert(OpenMessageKey(message)).inserted else { continue }
            guard let link = forges[message.project], let watch = watches.watch(of: message.project) else { continue }
            let silentUntil = state.withLock { $0.silentUntil[message.project] }
            if let silentUntil, silentUntil > Date() {
                try await store.delay(message, until: silentUntil, trouble: "the forge wants to be left alone")
                continue
            }
            do {
                let linked = try LinkedForge(watch.project, link)
                if let status = try await status(for: message.message) {
                    try await client.post(status, to: linked.forge)
                }
                try await store.done(message, at: Date())
            } catch let error as ForgeError where error.isFinal {
                logger.error(
                    "\(watch.project.name): its forge does not take the status of \(message.message): \(error)")
                try await store.done(message, at: Date())
            } catch {
                let pause = pause(after: message.attempts + 1, error)
                let until = Date().addingTimeInterval(pause)
                if case .busy(_, _, _?)? = error as? ForgeError {
                    state.withLock { ($0.silentUntil[message.project], $0.notBefore[message.project]) = (until, until) }
                }
                if message.attempts == 0 {
                    logger.warning(
                        "\(watch.project.name): its forge is told later how \(message.message) stands: \(error)")
                }
                try await store.delay(message, until: until, trouble: "\(error)")
            }
        }
        // What nobody can send now, a project without its forge say, is not tried without a pause.
        if let next = try await store.nextMessage() { alarm.set(in: max(1, next.timeIntervalSinceNow)) }
    }

    private struct OpenMessageKey: Hashable {
        let project: Int64
        let message: ForgeMessage

        init(_ open: OpenMessage) { (project, message) = (open.project, open.message) }
    }

    /// What there is to say now; `nil` when nothing any more.
    private func status(for message: ForgeMessage) async throws -> CommitStatus? {
        switch message {
        case .change(let number): try await store.change(number).flatMap { CommitStatus($0, address: address()) }
        case .run(let id): CommitStatus(try await store.run(id), address: address())
        }
    }

    /// Seconds: twice as long each time, up to ten minutes, or what the forge asks for.
    private func pause(after failures: Int, _ error: any Error) -> Double {
        let usual = backoff(after: failures, atMost: 600)
        guard case .busy(_, _, let retry?)? = error as? ForgeError else { return usual }
        switch retry {
        case .after(let seconds): return max(1, min(3_600, Double(seconds)))
        case .at(let seconds): return max(1, min(3_600, Double(seconds) - Date().timeIntervalSince1970))
        }
    }
}

extension ForgeClient {
    func post(_ status: CommitStatus, to forge: any Forge) async throws(ForgeError) {
        if let trouble = forge.statusTrouble(in: try await send(forge.setStatus(status))) { throw trouble }
    }
}

extension ChangeOrigin {
    init(_ pull: ForgeChange) {
        self.init(number: pull.number, author: pull.author, title: pull.title, isFork: pull.isFork, url: pull.url)
    }
}

extension CommitStatus {
    /// How a change stands, beside its head; `nil` for a change that no forge knows.
    init?(_ change: Change, address: String?) {
        guard change.origin != nil, let head = change.head else { return nil }
        let state: State
        switch change.state {
        case .proposed, .checking, .ready, .queued: state = .pending
        // A forge that merges by itself wants to see this before it does.
        case .merging, .merged: state = .success
        case .conflicted, .rejected: state = .failure
        case .withdrawn: return nil
        }
        self.init(
            commit: head.description, state: state, context: "espalier/gate",
            description: "\(change.state.word): \(change.state.reason)",
            targetURL: address.map { "\($0)changes/\(change.number)" })
    }

    init(_ run: StoredRun, address: String?) {
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
