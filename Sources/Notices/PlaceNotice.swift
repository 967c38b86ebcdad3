import Foundation
import Projects

/// The last message to one recipient about the same kind, branch and pipeline.
public struct PlacedNotice: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        /// It waits, and its content can still change.
        case open
        /// A sender has taken it. Its content no longer changes, even if it has not arrived.
        case taken
        /// It was not sent, because a later event made it untrue.
        case replaced
    }

    public let id: Int64
    /// The earliest time to send it.
    public let due: Date
    public let state: State

    public init(id: Int64, due: Date, state: State) {
        self.id = id
        self.due = due
        self.state = state
    }
}

/// What to do with a new message.
public enum Placement: Sendable, Hashable {
    case new(due: Date)
    case folded(into: Int64)
}

/// Limits a storm of messages: one message, then quiet, then one about everything that happened meanwhile.
///
/// - Parameter quiet: seconds between two messages about the same thing.
public func place(after last: PlacedNotice?, at now: Date, quiet: Int64) -> Placement {
    guard let last else { return .new(due: now) }
    switch last.state {
    case .open: return .folded(into: last.id)
    case .taken: return .new(due: max(now, last.due.addingTimeInterval(Double(quiet))))
    case .replaced: return .new(due: max(now, last.due))
    }
}

extension NoticeKind {
    /// The kind of message that this kind makes obsolete.
    public var opposite: NoticeKind? {
        switch self {
        case .failure: .recovery
        case .recovery: .failure
        default: nil
        }
    }
}

extension Notice {
    /// This message, extended to cover an earlier one.
    public func taking(in earlier: Notice) -> Notice {
        var all = self
        all.count += earlier.count
        // After a long absence, people want to know the first event and the latest.
        let titles = earlier.earlier + [earlier.ownTitle]
        all.earlier = titles.count > 20 ? Array(titles.prefix(10) + titles.suffix(10)) : titles
        return all
    }
}
