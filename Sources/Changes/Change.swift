import Events
import Foundation

/// A merge of a change, made in memory, that is being checked or was.
public struct Build: Sendable, Hashable {
    /// What it was merged with: the target's tip, or the merge of the change ahead.
    public let base: ObjectID
    public let merge: ObjectID
    /// The event that has it checked. Changes that are tested together share it.
    public let event: Int64
    /// The commit that is checked: this merge, or that of the last change that is tested together with it.
    public let tested: ObjectID

    public init(base: ObjectID, merge: ObjectID, event: Int64, tested: ObjectID? = nil) {
        self.base = base
        self.merge = merge
        self.event = event
        self.tested = tested ?? merge
    }
}

/// What happened to a change, appended in order and never changed.
public enum ChangeFact: Sendable, Hashable {
    /// Proposed, or proposed again with another head: checks start over.
    case proposed(head: ObjectID, author: String, title: String, origin: ChangeOrigin? = nil)
    /// A person looked at this head, and lets it go on.
    case approved(by: String)
    /// The merge exists, and event `event` has it checked.
    case checking(base: ObjectID, merge: ObjectID, event: Int64)
    /// The checks passed.
    case ready
    /// It has a place in the queue, behind all that got theirs before.
    case queued
    /// Merged with what is ahead of it in the queue, and event `event` has `tested` checked: this merge when absent, else that
    /// of the last change of a batch.
    case building(base: ObjectID, merge: ObjectID, event: Int64, tested: ObjectID? = nil)
    /// The window has become too small for it: what it was tested on will not land.
    case waiting
    /// It cannot be merged with what is ahead of it, and waits for what becomes of that. No files: it has nothing to add.
    case blocked(base: ObjectID, files: [String])
    /// About to move the target to this commit.
    case merging(ObjectID)
    case conflicted(files: [String])
    case rejected(reason: String)
    case merged(ObjectID)
    case withdrawn
}

extension ChangeFact {
    /// One word, under which it is stored.
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

    /// Whether nothing can happen to the change any more.
    public var closes: Bool {
        switch self {
        case .merged, .withdrawn: true
        default: false
        }
    }
}

/// Where a change stands.
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> proposed
///     proposed --> checking: merged with the target in memory
///     proposed --> conflicted
///     proposed --> rejected
///     checking --> ready: all checks passed
///     checking --> rejected: a check failed
///     ready --> queued: approved, and nothing it contains is outstanding
///     queued --> queued: what is ahead has changed, merged and checked again
///     queued --> merging: its checks passed, and nothing is ahead
///     queued --> rejected: a check failed, and nothing is ahead
///     queued --> conflicted: and nothing is ahead
///     merging --> merged: the target was where it had to be
///     merging --> queued: somebody else moved the target
///     checking --> proposed: a new head, from every state that is not the end
///     checking --> withdrawn: from every state that is not the end
///     checking --> merged: the target has it, whoever put it there
///     merged --> [*]
///     withdrawn --> [*]
/// ```
public enum ChangeState: Sendable, Hashable {
    /// A change's place in the queue.
    public enum Place: Sendable, Hashable {
        /// No merge with what is ahead has been made yet.
        case waiting
        case building(Build)
        case blocked(base: ObjectID, files: [String])
    }

    case proposed
    case checking(Build)
    /// With the build whose checks passed.
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

    /// Why, for people.
    public var reason: String {
        switch self {
        case .proposed: "waits for its turn"
        case .checking(let build): "checks run on the merge with \(build.base.short)"
        case .ready: "its checks passed"
        case .queued(.waiting): "waits in the queue"
        case .queued(.building(let build)): "checks run on the merge with \(build.base.short), which is ahead of it"
        case .queued(.blocked(_, let files)) where files.isEmpty: "what is ahead of it holds all of it"
        case .queued(.blocked(_, let files)):
            "conflicts with what is ahead of it in \(files.joined(separator: ", ")): waits for what becomes of that"
        case .merging(let build): "the target moves to \(build.merge.short)"
        case .conflicted(let files): "conflicts in \(files.joined(separator: ", ")): rebase, and push again"
        case .rejected(let reason): reason
        case .merged(let commit): "merged as \(commit.short)"
        case .withdrawn: "withdrawn"
        }
    }

    /// Whether nothing more is done about it until somebody pushes again.
    public var isSettled: Bool {
        switch self {
        case .proposed, .checking, .ready, .queued, .merging: false
        case .conflicted, .rejected, .merged, .withdrawn: true
        }
    }

    /// Whether pushing again under the same key opens another change.
    public var isClosed: Bool {
        switch self {
        case .merged, .withdrawn: true
        case .proposed, .checking, .ready, .queued, .merging, .conflicted, .rejected: false
        }
    }

    /// The build whose checks run or have passed.
    public var build: Build? {
        switch self {
        case .checking(let build), .ready(let build), .queued(.building(let build)), .merging(let build): build
        case .proposed, .queued, .conflicted, .rejected, .merged, .withdrawn: nil
        }
    }
}

/// A proposed merge into a gated branch, as its facts tell it.
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
    /// The event of its own checks, before the queue.
    public private(set) var checks: Int64?
    /// Every event that had it checked, alone or with others, oldest first.
    public private(set) var events: [Int64] = []
    /// The build that was about to land, or has.
    public private(set) var landing: Build?
    /// Its place in line: of two queued changes the one with the smaller rank is ahead. Absent outside the queue.
    public private(set) var rank: Int64?

    public init(number: Int64, project: Int64, key: String, target: String, facts: [ChangeFact] = []) {
        self.number = number
        self.project = project
        self.key = key
        self.target = target
        for fact in facts { apply(fact) }
    }

    /// Facts after the end change nothing, and neither do facts of the queue outside of it.
    ///
    /// - Parameter rank: the fact's own place among all facts; the queue goes by it.
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

    /// Approvals that count: nobody approves their own.
    public var approvals: Int { approvedBy.filter { !isAuthor($0) }.count }

    /// - Parameter name: a person's name, address, or name on the forge.
    public func isAuthor(_ name: String) -> Bool {
        // Some forges know persons by an address, which few type in full.
        isPerson(name, author) || origin?.author == name || origin?.author.hasPrefix("\(name)@") ?? false
    }

    /// Whether its commits come from another repository.
    public var isFork: Bool { origin?.isFork ?? false }

    /// The lines that tie a commit to its change.
    public var trailer: String { "Change: \(number)\nTopic: \(key)\n" }

    /// The first line of its merge commit.
    public var mergeTitle: String { "Merge change \(number): \(title)" }

    /// What the merge commit says: the change's own title, and where to look it up.
    public var mergeMessage: String { "\(mergeTitle)\n\n\(trailer)" }
}

/// Whether a name is that of an author as commits have it, `NAME <ADDRESS>`: the whole, the name, or the address.
public func isPerson(_ name: String, _ author: String) -> Bool {
    author == name || author.hasPrefix("\(name) <") || author.hasSuffix("<\(name)>")
}
