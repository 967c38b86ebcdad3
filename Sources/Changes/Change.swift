import Events
import Foundation

/// A merge of a change, made in memory, whose checks run or have run.
public struct Build: Sendable, Hashable {
    /// The other side of the merge: the target's tip, or the merge of the change ahead.
    public let base: ObjectID
    public let merge: ObjectID
    /// The event that started its checks. Changes that are tested together share it.
    public let event: Int64
    /// The commit under test: this merge, or that of the last change in the same batch.
    public let tested: ObjectID

    public init(base: ObjectID, merge: ObjectID, event: Int64, tested: ObjectID? = nil) {
        self.base = base
        self.merge = merge
        self.event = event
        self.tested = tested ?? merge
    }
}

/// What happened to a change. Facts are appended in order and never changed.
public enum ChangeFact: Sendable, Hashable {
    /// Proposed, or proposed again with another head: checks start over.
    case proposed(head: ObjectID, author: String, title: String, origin: ChangeOrigin? = nil)
    /// A person approved this head.
    case approved(by: String)
    /// The merge exists, and `event` starts its checks.
    case checking(base: ObjectID, merge: ObjectID, event: Int64)
    /// The checks passed.
    case ready
    /// It joined the queue, behind all changes that joined before.
    case queued
    /// Merged with the changes ahead of it in the queue. `event` starts the checks of `tested`: the merge of the last
    /// change of a batch; nil for this merge.
    case building(base: ObjectID, merge: ObjectID, event: Int64, tested: ObjectID? = nil)
    /// The window became too small for it. The merge that it was tested on will not land.
    case waiting
    /// It conflicts with changes ahead of it, and waits until they land or leave. Without files: they contain all of it.
    case blocked(base: ObjectID, files: [String])
    /// About to move the target to this commit.
    case merging(ObjectID)
    case conflicted(files: [String])
    case rejected(reason: String)
    case merged(ObjectID)
    case withdrawn
}

extension ChangeFact {
    /// The word under which it is stored.
    public var kind: String {
        switch self {
        case .proposed: "proposed"
        case .approved: "approved"
        case .checking: "checking"
        case .ready: "ready"
        case .queued: "queued"
        case .building: "building"
        case .waiting: "waiting"
        case .blocked: "blocked"
        case .merging: "merging"
        case .conflicted: "conflicted"
        case .rejected: "rejected"
        case .merged: "merged"
        case .withdrawn: "withdrawn"
        }
    }

    /// Whether this is final for the change.
    public var closes: Bool {
        switch self {
        case .merged, .withdrawn: true
        default: false
        }
    }
}

/// The state of a change.
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> proposed
///     proposed --> checking: merged with the target in memory
///     proposed --> conflicted
///     proposed --> rejected
///     checking --> ready: all checks passed
///     checking --> rejected: a check failed
///     ready --> queued: approved, and every change it contains is queued or has ended
///     queued --> queued: the changes ahead differ, so it is merged and checked again
///     queued --> merging: its checks passed, and nothing is ahead
///     queued --> rejected: a check failed, and nothing is ahead
///     queued --> conflicted: it conflicts, and nothing is ahead
///     merging --> merged: nobody else had moved the target
///     merging --> queued: somebody else moved the target
///     checking --> proposed: a new head, from every state that is not final
///     checking --> withdrawn: from every state that is not final
///     checking --> merged: the target contains it, whoever merged it
///     merged --> [*]
///     withdrawn --> [*]
/// ```
public enum ChangeState: Sendable, Hashable {
    /// A change's place in the queue.
    public enum Place: Sendable, Hashable {
        /// Not yet merged with the changes ahead of it.
        case waiting
        case building(Build)
        case blocked(base: ObjectID, files: [String])
    }

    case proposed
    case checking(Build)
    /// The build whose checks passed.
    case ready(Build)
    case queued(Place)
    case merging(Build)
    case conflicted(files: [String])
    case rejected(reason: String)
    case merged(ObjectID)
    case withdrawn

    /// One word, as lists and `--json` show it.
    public var word: String {
        switch self {
        case .proposed: "proposed"
        case .checking: "checking"
        case .ready: "ready"
        case .queued: "queued"
        case .merging: "merging"
        case .conflicted: "conflicted"
        case .rejected: "rejected"
        case .merged: "merged"
        case .withdrawn: "withdrawn"
        }
    }

    /// The reason, for people.
    public var reason: String {
        switch self {
        case .proposed: "waits for its turn"
        case .checking(let build): "checks run on the merge with \(build.base.short)"
        case .ready: "its checks passed"
        case .queued(.waiting): "waits in the queue"
        case .queued(.building(let build)): "checks run on the merge with \(build.base.short), which is ahead of it"
        case .queued(.blocked(_, let files)) where files.isEmpty: "changes ahead of it contain all of it"
        case .queued(.blocked(_, let files)):
            "conflicts with a change ahead of it in \(files.joined(separator: ", ")): waits until that one lands or leaves"
        case .merging(let build): "the target moves to \(build.merge.short)"
        case .conflicted(let files): "conflicts in \(files.joined(separator: ", ")): rebase, and push again"
        case .rejected(let reason): reason
        case .merged(let commit): "merged as \(commit.short)"
        case .withdrawn: "withdrawn"
        }
    }

    /// Whether nothing more happens to it until somebody pushes again.
    public var isSettled: Bool {
        switch self {
        case .proposed, .checking, .ready, .queued, .merging: false
        case .conflicted, .rejected, .merged, .withdrawn: true
        }
    }

    /// Whether another push with the same key opens a new change.
    public var isClosed: Bool {
        switch self {
        case .merged, .withdrawn: true
        case .proposed, .checking, .ready, .queued, .merging, .conflicted, .rejected: false
        }
    }

    /// The build whose checks are running or have passed.
    public var build: Build? {
        switch self {
        case .checking(let build), .ready(let build), .queued(.building(let build)), .merging(let build): build
        case .proposed, .queued, .conflicted, .rejected, .merged, .withdrawn: nil
        }
    }
}

/// A proposed merge into a gated branch, derived from its facts.
public struct Change: Sendable, Hashable {
    public let number: Int64
    public let project: Int64
    public let key: String
    public let target: String
    public private(set) var head: ObjectID?
    public private(set) var author = ""
    public private(set) var title = ""
    public private(set) var origin: ChangeOrigin?
    public private(set) var state = ChangeState.proposed
    /// Who approved this head.
    public private(set) var approvedBy: Set<String> = []
    /// The event of its own checks, before it was queued.
    public private(set) var checks: Int64?
    /// Every event that started its checks, alone or in a batch, oldest first.
    public private(set) var events: [Int64] = []
    /// The build that was about to land, or has landed.
    public private(set) var landing: Build?
    /// Its place in the queue: the smaller rank is ahead. Nil outside the queue.
    public private(set) var rank: Int64?

    public init(number: Int64, project: Int64, key: String, target: String, facts: [ChangeFact] = []) {
        self.number = number
        self.project = project
        self.key = key
        self.target = target
        for fact in facts { apply(fact) }
    }

    /// Ignores facts after a final state, and facts of the queue outside the queue.
    ///
    /// - Parameter rank: the position of the fact among all facts; it orders the queue.
    public mutating func apply(_ fact: ChangeFact, rank: Int64 = 0) {
        guard !state.isClosed else { return }
        switch fact {
        case .proposed(let head, let author, let title, let origin):
            (self.head, self.author, self.title, self.origin) = (head, author, title, origin)
            (state, approvedBy, checks, landing) = (.proposed, [], nil, nil)
        case .approved(let name): approvedBy.insert(name)
        case .checking(let base, let merge, let event):
            state = .checking(Build(base: base, merge: merge, event: event))
            checks = event
            events.append(event)
        case .ready:
            if case .checking(let build) = state { state = .ready(build) }
        case .queued:
            guard case .ready(let build) = state else { break }
            state = .queued(.building(build))
            self.rank = rank
        case .building(let base, let merge, let event, let tested):
            guard isInQueue else { break }
            state = .queued(.building(Build(base: base, merge: merge, event: event, tested: tested)))
            if events.last != event { events.append(event) }
        case .waiting: if isInQueue { state = .queued(.waiting) }
        case .blocked(let base, let files):
            if isInQueue { state = .queued(.blocked(base: base, files: files)) }
        case .merging(let merge):
            guard let build = state.build, isInQueue, build.merge == merge else { break }
            state = .merging(build)
            landing = build
        case .conflicted(let files): state = .conflicted(files: files)
        case .rejected(let reason): state = .rejected(reason: reason)
        case .merged(let commit): state = .merged(commit)
        case .withdrawn: state = .withdrawn
        }
        if !isInQueue { self.rank = nil }
    }

    public var isInQueue: Bool {
        switch state {
        case .queued, .merging: true
        case .proposed, .checking, .ready, .conflicted, .rejected, .merged, .withdrawn: false
        }
    }

    /// The number of valid approvals. Authors cannot approve their own change.
    public var approvals: Int { approvedBy.filter { !isAuthor($0) }.count }

    /// - Parameter name: a person's name, address, or name on the forge.
    public func isAuthor(_ name: String) -> Bool {
        // Some forges identify people by an address, which few type in full.
        isPerson(name, author) || origin?.author == name || origin?.author.hasPrefix("\(name)@") ?? false
    }

    /// Whether its commits come from another repository.
    public var isFork: Bool { origin?.isFork ?? false }

    /// The lines that tie a commit to its change.
    public var trailer: String { "Change: \(number)\nTopic: \(key)\n" }

    /// The first line of its merge commit.
    public var mergeTitle: String { "Merge change \(number): \(title)" }

    /// The message of the merge commit: the change's own title, and where to look it up.
    public var mergeMessage: String { "\(mergeTitle)\n\n\(trailer)" }
}

/// Whether a name matches an author as written in commits, `NAME <ADDRESS>`: the whole, the name, or the address.
public func isPerson(_ name: String, _ author: String) -> Bool {
    author == name || author.hasPrefix("\(name) <") || author.hasSuffix("<\(name)>")
}
