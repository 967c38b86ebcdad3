import Events
import Foundation

/// What happened to a change, appended in order and never changed.
public enum ChangeFact: Sendable, Hashable, Codable {
    /// Proposed, or proposed again with another head: checks start over.
    case proposed(head: ObjectID, author: String, title: String)
    /// The merge exists, and event `event` has it checked.
    case checking(base: ObjectID, merge: ObjectID, event: Int64)
    case conflicted(files: [String])
    case rejected(reason: String)
    case merged(ObjectID)
    case withdrawn
}

/// Where a change stands.
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> proposed
///     proposed --> checking: merged in memory
///     proposed --> conflicted
///     proposed --> rejected
///     checking --> merged: all checks passed, and the target had not moved
///     checking --> checking: the target moved, merged again
///     checking --> conflicted: the target moved
///     checking --> rejected: a check failed
///     checking --> proposed: a new head
///     rejected --> proposed: a new head
///     conflicted --> proposed: a new head
///     proposed --> withdrawn
///     merged --> [*]
///     withdrawn --> [*]
/// ```
public enum ChangeState: Sendable, Hashable, Codable {
    case proposed
    case checking(base: ObjectID, merge: ObjectID, event: Int64)
    case conflicted(files: [String])
    case rejected(reason: String)
    case merged(ObjectID)
    case withdrawn

    /// One word, as lists and `--json` show it.
    public var word: String {
        switch self {
        case .proposed: "proposed"
        case .checking: "checking"
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
        case .checking(let base, _, _): "checks run on the merge with \(base.short)"
        case .conflicted(let files): "conflicts in \(files.joined(separator: ", ")): rebase, and push again"
        case .rejected(let reason): reason
        case .merged(let commit): "merged as \(commit.short)"
        case .withdrawn: "withdrawn"
        }
    }

    /// Whether nothing more is done about it until somebody pushes again.
    public var isSettled: Bool {
        switch self {
        case .proposed, .checking: false
        case .conflicted, .rejected, .merged, .withdrawn: true
        }
    }

    /// Whether pushing again under the same key opens another change.
    public var isClosed: Bool {
        switch self {
        case .merged, .withdrawn: true
        case .proposed, .checking, .conflicted, .rejected: false
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
    public private(set) var state = ChangeState.proposed

    public init(number: Int64, project: Int64, key: String, target: String, facts: [ChangeFact] = []) {
        self.number = number
        self.project = project
        self.key = key
        self.target = target
        for fact in facts { apply(fact) }
    }

    /// Facts after the end change nothing.
    public mutating func apply(_ fact: ChangeFact) {
        guard !state.isClosed else { return }
        switch fact {
        case .proposed(let head, let author, let title):
            (self.head, self.author, self.title) = (head, author, title)
            state = .proposed
        case .checking(let base, let merge, let event): state = .checking(base: base, merge: merge, event: event)
        case .conflicted(let files): state = .conflicted(files: files)
        case .rejected(let reason): state = .rejected(reason: reason)
        case .merged(let commit): state = .merged(commit)
        case .withdrawn: state = .withdrawn
        }
    }

    /// What the merge commit says: the change's own title, and where to look it up.
    public var mergeMessage: String {
        "Merge change \(number): \(title)\n\nChange: \(number)\nTopic: \(key)\n"
    }
}
