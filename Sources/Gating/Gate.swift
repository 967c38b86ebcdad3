import Changes
import Events
import Following
import Forges
import Foundation
import Git
import Home
import Logging
import Notices
import Projects
import Store

/// Takes changes through the gate of their target: merged in memory, checked, queued, landed by compare-and-swap.
///
/// Its state is what the store holds. No other code writes facts of changes while it runs.
package actor Gate {

    /// The result of an advance.
    package enum Advance {
        /// Something was done, so there may be more to do.
        case moved
        case nothingToDo
        /// A repository could not be read or written. Its changes wait and are retried soon.
        case held
    }

    let store: Store
    let home: Home
    let logger: Logger
    /// The maximum number of concurrent steps.
    private let slots: Int
    private let lander: ChangeLander
    private let bells: Bells
    private let troubles: Troubles
    private let watches: Watches
    private var projects: [Int64: StoredProject] = [:]

    /// Open changes by number; reloaded when a change may have been proposed.
    private var changes: [Int64: Change] = [:]
    private var isStale = true
    private var windows: [GateTarget: Int] = [:]
    private var landings: [GateTarget: [Landing]] = [:]
    private var reading: GateReading
    private var wishes: [Wish] = []
    private var isClosed = false
    /// Targets for which the last advance decided something.
    private var moved: Set<GateTarget> = []
    /// Targets that are now being moved on a server.
    private var underway: Set<GateTarget> = []
    private var failures: [GateTarget: Int] = [:]
    private let jobs = Jobs()
    private var alarm: Alarm

    /// A fact that somebody asks to add to a change. It waits until the decision in progress, made without it, is finished.
    private struct Wish {
        let change: Int64
        let fact: ChangeFact
        let done: CheckedContinuation<Void, any Error>
    }

    package init(
        store: Store, home: Home, slots: Int, lander: ChangeLander, watches: Watches, logger: Logger, bells: Bells,
        troubles: Troubles = Troubles()
    ) {
        self.store = store
        self.home = home
        self.logger = logger
        self.slots = slots
        self.lander = lander
        self.bells = bells
        self.troubles = troubles
        self.watches = watches
        reading = GateReading(store: store, home: home)
        alarm = Alarm(bells.turn)
    }

    /// Adds a project whose changes the gate handles.
    package func add(_ project: StoredProject) {
        projects[project.id] = project
        bells.turn.ring()
    }

    /// Does the slow work (moving a target on a server) until stopped.
    package func run() async { await jobs.run() }

    /// Does only what is possible now: follow-up work may have to wait for other work.
    package func advance() async throws -> Advance {
        try await load()
        try await grantWishes()
        var result = Advance.nothingToDo
        let unsettled = changes.values.filter { !$0.state.isSettled }
        // A landing may also bring in changes that were already settled.
        let targets = moved.union(unsettled.map(GateTarget.init))
        var held: Set<Trouble.Place> = []
        for target in targets.sorted() {
            guard let project = projects[target.project], !underway.contains(target) else { continue }
            do {
                if try await advance(target, project) {
                    moved.insert(target)
                    if case .nothingToDo = result { result = .moved }
                } else {
                    moved.remove(target)
                }
            } catch let error where error is GitError || error is ForgeError {
                if try await forgetGone(target, project) {
                    result = .moved
                    continue
                }
                held.insert(raise(error, target, project))
                logger.error("changes for \(target.branch) of \(project.name) wait, and are tried again: \(error)")
                result = .held
            } catch {
                // Only the store knows what was written and what was not.
                isStale = true
                throw error
            }
        }
        troubles.clear(.gate) { place in
            !held.contains(place)
                && !failures.keys.contains { $0.branch == place.part && projects[$0.project]?.name == place.project }
        }
        return result
    }

    private func raise(_ error: any Error, _ target: GateTarget, _ project: StoredProject) -> Trouble.Place {
        troubles.raise(
            .gate, of: project.name, part: target.branch, what: "changes for \(target.branch) cannot advance: \(error)",
            remedy: project.url == nil
                ? "mend the repository (`git -C \(project.repository) fsck`), or push again what is missing"
                : "see what the server says to a push to \(target.branch), and whether the token may do that")
        return Trouble.Place(.gate, project: project.name, part: target.branch)
    }

    /// Rejects changes of a target whose commits are missing from the repository, for example after a history purge.
    ///
    /// - Returns: whether there were any.
    private func forgetGone(_ target: GateTarget, _ project: StoredProject) async throws -> Bool {
        guard let repository = try? Repository(at: project.repository) else { return false }
        let notes = changes.values.filter { GateTarget($0) == target && !$0.state.isSettled }.compactMap { change in
            [change.head, change.state.build?.merge].compactMap(\.self).first { !repository.has($0) }.map {
                GateWrite.Note(change: change.number, fact: .gone($0))
            }
        }
        guard !notes.isEmpty else { return false }
        try await write(GateWrite(notes: notes), target)
        moved.insert(target)
        return true
    }

    /// Whether a proposal has to wait: a landing must be recorded before a newer head may hide it.
    private func isLanding(in project: Int64) -> Bool { underway.contains { $0.project == project } }

    /// The events whose checks are still needed; `nil` while unknown.
    package var awaitedEvents: Set<Int64>? {
        isStale
            ? nil
            : changes.values.reduce(into: []) { events, change in
                if let event = change.awaitedEvent { events.insert(event) }
            }
    }

    private func load() async throws {
        guard isStale else { return }
        let open = try await store.openChanges()
        changes = open.reduce(into: [:]) { $0[$1.number] = $1 }
        isStale = false
    }

    /// - Returns: whether something was done.
    private func advance(_ target: GateTarget, _ project: StoredProject) async throws -> Bool {
        let mine = changes.values.filter { GateTarget($0) == target }.sorted { $0.number < $1.number }
        if windows[target] == nil {
            windows[target] = try await store.window(project: target.project, target: target.branch)
        }
        if landings[target] == nil { landings[target] = try await landings(of: target) }
        // Safe to copy and write back: advances never run concurrently, so nothing else reads it in between.
        var reading = reading
        let view = try await reading.view(
            of: target, project, mine, window: windows[target], slots: slots, landed: landings[target] ?? [])
        let steps = decide(view)
        if steps.isEmpty { reading.seen(view, target) }
        self.reading = reading
        if !steps.isEmpty { try await act(steps, view, target, project) }
        return !steps.isEmpty
    }

    /// Landings from before this process started.
    private func landings(of target: GateTarget) async throws -> [Landing] {
        let merged = try await store.lastMerged(project: target.project, target: target.branch)
        let runs = try await store.runs(ofEvents: Set(merged.compactMap(\.checks)))
        return merged.compactMap { change in
            guard let build = change.landing, let own = change.checks.flatMap({ runs[$0] }) else { return nil }
            return Landing(from: build.base, to: build.merge, pipelines: Set(own.runs.map(\.pipeline)))
        }
    }

    private func act(_ steps: [GateStep], _ view: GateView, _ target: GateTarget, _ project: StoredProject) async throws
    {
        let notes = steps.compactMap { step in
            if case .note(let change, let fact) = step { GateWrite.Note(change: change, fact: fact) } else { nil }
        }
        if !notes.isEmpty { try await write(GateWrite(notes: notes), target) }
        for step in steps {
            switch step {
            case .note: break
            case .check(let numbers):
                guard let tip = view.tip else { break }
                let merger = ChangeMerger(repository: try Repository(at: project.repository), rules: view.rules)
                try await begin(
                    try merger.check(numbers.compactMap { changes[$0] }, with: tip), target, merger.repository)
                Failpoint.reach(.changeChecksAsked)
            case .build(let base, let groups):
                let merger = ChangeMerger(repository: try Repository(at: project.repository), rules: view.rules)
                let members = groups.map { $0.compactMap { changes[$0] } }
                let build = try merger.build(members, onto: base, of: view) { [reading] in
                    reading.event(thatTested: $0, $1, target)
                }
                try await begin(build, target, merger.repository)
                Failpoint.reach(.changeBuilt)
            case .land(let numbers, let from, let to): try await land(numbers, from, to, view, target, project)
            case .eject(let change, let reason):
                let fact = ChangeFact.rejected(reason: reason)
                try await write(
                    GateWrite(notes: [.init(change: change, fact: fact)]), target,
                    window: max(view.rules.floor, view.window / 2))
                Failpoint.reach(.changeNoted)
            }
        }
    }

    /// Requests checks of merges, and remembers the trees being tested so that none is tested twice.
    private func begin(_ write: GateWrite, _ target: GateTarget, _ repository: Repository) async throws {
        try await self.write(write, target)
        for build in write.builds where build.event == nil {
            guard let event = changes[build.request.change]?.state.build?.event else { continue }
            reading.remember(
                try repository.commit(build.request.merge).tree, of: build.request, event: event, target)
        }
    }

    /// Lands exactly the commit that was tested. If somebody else has moved the target meanwhile, nothing is lost: the next
    /// decision merges with the new tip.
    ///
    /// A remote server may be slow; only this target waits for it.
    private func land(
        _ numbers: [Int64], _ from: ObjectID, _ to: ObjectID, _ view: GateView, _ target: GateTarget,
        _ project: StoredProject
    ) async throws {
        let wanted = numbers.compactMap { changes[$0] }
        // On a server, changes may land one by one. The smallest unit is the changes that were tested together.
        let members =
            project.url == nil
            ? wanted : wanted.filter { $0.state.build?.event == wanted.first?.state.build?.event }
        let to = members.last?.state.build?.merge ?? to
        let numbers = members.map(\.number)
        let intents = members.compactMap { change in
            if case .queued(.building(let build)) = change.state {
                GateWrite.Note(change: change.number, fact: .merging(build.merge))
            } else {
                nil
            }
        }
        if !intents.isEmpty { try await write(GateWrite(notes: intents), target) }
        Failpoint.reach(.changeMerging)
        guard project.url != nil else { return try await move(numbers, from, to, view, target, project) }
        underway.insert(target)
        jobs.start { [self] in await moveOnServer(numbers, from, to, view, target, project) }
    }

    private func moveOnServer(
        _ numbers: [Int64], _ from: ObjectID, _ to: ObjectID, _ view: GateView, _ target: GateTarget,
        _ project: StoredProject
    ) async {
        do {
            try await move(numbers, from, to, view, target, project)
            underway.remove(target)
            failures[target] = nil
        } catch {
            // The next daemon finds the stored intent.
            if Task.isCancelled { return }
            let count = (failures[target] ?? 0) + 1
            failures[target] = count
            let pause = backoff(after: count, atMost: 60)
            if error is GitError || error is ForgeError { _ = raise(error, target, project) }
            logger.error("\(project.name): \(target.branch) could not be moved, and is in \(Int(pause)) s: \(error)")
            isStale = true
            try? await Task.sleep(for: .seconds(pause))
            underway.remove(target)
        }
        bells.turn.ring()
    }

    private func move(
        _ numbers: [Int64], _ from: ObjectID, _ to: ObjectID, _ view: GateView, _ target: GateTarget,
        _ project: StoredProject
    ) async throws {
        let landed: ObjectID
        let wanted = numbers.compactMap { changes[$0] }
        // A change that was withdrawn meanwhile is part of the merge, so the merge is made again without it.
        guard wanted.count == numbers.count else { return }
        let request = LandingRequest(
            changes: wanted, from: from, to: to, ref: target.ref, project: project, rules: view.rules)
        switch try await lander.land(request) {
        case .at(let commit): landed = commit
        case .targetMoved: return
        case .refused(let reason):
            let notes = numbers.map { GateWrite.Note(change: $0, fact: .rejected(reason: reason)) }
            return try await write(GateWrite(notes: notes), target)
        }
        Failpoint.reach(.changeLanded)
        let members = numbers.compactMap { changes[$0] }
        let new = members.compactMap { change in
            change.state.build.map { build in
                Landing(
                    from: build.base, to: build.merge,
                    pipelines: view.pipelines(of: change) ?? [])
            }
        }
        landings[target] = ((landings[target] ?? []) + new).suffix(200)
        try await write(
            GateWrite(
                notes: members.compactMap { change in
                    // A forge creates its own commit.
                    change.state.build.map {
                        .init(change: change.number, fact: .merged(landed == to ? $0.merge : landed))
                    }
                }), target, window: view.window + Set(members.compactMap { $0.state.build?.event }).count)
        Failpoint.reach(.changeNoted)
    }

    /// Stores what was decided and applies it to the changes in memory.
    private func write(_ write: GateWrite, _ target: GateTarget, window: Int? = nil) async throws {
        let facts = try await store.write(
            write, project: target.project, target: target.branch, window: window, at: Date())
        if let window { windows[target] = window }
        for fact in facts { apply(fact) }
    }

    private func apply(_ fact: RankedFact) {
        guard var change = changes[fact.change] else { return }
        change.apply(fact.fact, rank: fact.rank)
        logger.info("change \(change.number): \(change.state.word): \(change.state.reason)")
        changes[change.number] = change.state.isClosed ? nil : change
        if case .merged = change.state { watches.nudge(change.project, GateTarget(change).ref) }
    }
}

// MARK: Requests of people

extension Gate {
    /// Opens, updates or withdraws the proposed changes, which handles their events. An event that has to wait holds up the
    /// later proposals of its project.
    ///
    /// - Parameter events: open ones, oldest first; events that are not proposals are ignored.
    /// - Returns: the handled events.
    package func open(_ events: [StoredEvent]) async -> [StoredEvent] {
        var held: Set<Int64> = []
        var failing: Set<String> = []
        var handled: [StoredEvent] = []
        for event in events {
            guard let proposal = event.event.as(Proposal.self), let project = projects[event.project],
                !held.contains(project.id)
            else { continue }
            guard !isLanding(in: project.id) else {
                held.insert(project.id)
                continue
            }
            do {
                // A new head must not hide that the old one is already merged but was not recorded as merged.
                try await confirmLanded(in: project)
                try await open(proposal, event, project)
                isStale = true
                handled.append(event)
            } catch {
                logger.error("\(project.name): event \(event.id) cannot be planned yet, and is tried again: \(error)")
                held.insert(project.id)
                failing.insert(project.name)
                troubles.raise(
                    .planning, of: project.name, part: "proposals",
                    what: "the change that event \(event.id) proposes cannot be opened: \(error)",
                    remedy: "mend what it says; the event is tried again every second")
                alarm.set(in: 1)
            }
        }
        troubles.clear(.planning) { $0.part == "proposals" && !failing.contains($0.project ?? "") }
        return handled
    }

    private func open(_ proposal: Proposal, _ event: StoredEvent, _ project: StoredProject) async throws {
        let repository = try Repository(at: project.repository)
        let commit = proposal.head.flatMap { head in try? repository.commit(head) }
        let author = commit.map { "\($0.author) <\($0.email)>" } ?? ""
        var origin: ChangeOrigin?
        if project.url != nil, let number = PullRef.number(ofKey: proposal.key) {
            origin = try await store.pull(number, of: project.id)
        }
        let known = Proposal(key: proposal.key, target: proposal.target, head: proposal.head, origin: origin)
        try await store.propose(
            known, from: event, author: author, title: origin?.title ?? commit?.summary ?? "", at: Date())
    }

    /// Records merges that their targets already contain but that were not recorded.
    private func confirmLanded(in project: StoredProject) async throws {
        try await load()
        for change in changes.values where change.project == project.id {
            // A change that could not be merged may have been merged by hand, in which case its proposal is gone, too.
            let merge: ObjectID? =
                switch change.state {
                case .merging(let build): build.merge
                case .rejected where change.checks == nil: nil
                case .rejected, .conflicted: change.head
                default: nil
                }
            guard let merge else { continue }
            let repository = try Repository(at: project.repository)
            // A purged commit cannot be confirmed.
            guard repository.has(merge) else { continue }
            let target = GateTarget(change)
            guard let tip = try repository.tip(of: target.ref), try repository.holds(merge, in: tip) else {
                continue
            }
            try await write(
                GateWrite(notes: [.init(change: change.number, fact: .merged(merge))]), target)
        }
    }

    /// Records that a forge has merged a pull request, whoever requested it.
    ///
    /// - Returns: `false` while the target is being moved; that move records it.
    package func noteMerged(_ pull: Int64, into target: GateTarget, as tip: ObjectID) async throws -> Bool {
        try await load()
        let mine = changes.values.first { GateTarget($0) == target && $0.origin?.number == pull }
        guard let mine else { return true }
        guard !underway.contains(target) else { return false }
        do {
            try await wish(.merged(tip), of: mine.number)
        } catch is DaemonError {
            // The change has ended meanwhile.
        }
        return true
    }

    /// Records an approval, a withdrawal or a merge by others at the next advance.
    ///
    /// - Throws: `CancellationError` if the gate closes first.
    package func wish(_ fact: ChangeFact, of number: Int64) async throws {
        guard !isClosed else { throw CancellationError() }
        try await withCheckedThrowingContinuation { done in
            wishes.append(Wish(change: number, fact: fact, done: done))
            bells.turn.ring()
        }
    }

    /// Stops the gate: nothing advances after this.
    package func close() {
        isClosed = true
        jobs.stop()
        for wish in wishes { wish.done.resume(throwing: CancellationError()) }
        wishes = []
    }

    private func grantWishes() async throws {
        while !wishes.isEmpty {
            let wish = wishes.removeFirst()
            do {
                let change = try await open(wish.change)
                if case .approved(let name) = wish.fact, change.isAuthor(name) {
                    throw DaemonError.refused(
                        "\(name) is the author of change \(change.number): somebody else has to approve it")
                }
                try await write(
                    GateWrite(notes: [.init(change: change.number, fact: wish.fact)]), GateTarget(change))
                wish.done.resume()
            } catch {
                wish.done.resume(throwing: error)
                if !(error is DaemonError) { throw error }
            }
        }
    }

    private func open(_ number: Int64) async throws -> Change {
        try await load()
        if let change = changes[number] { return change }
        guard let ended = try await store.change(number) else {
            throw DaemonError.refused("there is no change \(number): `espalier changes` lists them")
        }
        throw DaemonError.refused("change \(number) is \(ended.state.word)")
    }
}

extension Gate: MergeNoting {}

extension Change {
    /// The event whose checks still matter. Checks of a rejected change continue, so that all failures are shown.
    fileprivate var awaitedEvent: Int64? {
        if case .rejected = state { events.last } else { state.build?.event }
    }
}
