import Foundation
import Projects

/// The last message to one recipient about the same: the same kind, branch and pipeline.
public struct PlacedNotice: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        /// It waits, and what it says can still change.
        case open
        /// A sender has had it in hand: it stays as it is, whether it has arrived or not.
        case taken
        /// It was not sent, for what came later made it untrue.
        case replaced
    }

    public let id: Int64
    /// Before this it is not sent.
    public let due: Date
    public let state: State

    public init(id: Int64, due: Date, state: State) {
        self.id = id
        self.due = due
        self.state = state
    }
}

/// Where something new to tell goes.
public enum Placement: Sendable, Hashable {
    case new(due: Date)
    case folded(into: Int64)
}

/// Keep a storm from being told blow by blow: one message, then quiet, then one about all that came meanwhile.
///
/// - Parameter quiet: seconds between two messages about the same.
public func place(after last: PlacedNotice?, at now: Date, quiet: Int64) -> Placement {
    guard let last else { return .new(due: now) }
    switch last.state {
    case .open: return .folded(into: last.id)
    case .taken: return .new(due: max(now, last.due.addingTimeInterval(Double(quiet))))
    case .replaced: return .new(due: max(now, last.due))
    }
}

extension NoticeKind {
    /// What is not worth sending any more once this is.
    public var opposite: NoticeKind? {
        switch self {
        case .failure: .recovery
        case .recovery: .failure
        default: nil
        }
    }
}

extension Notice {
    /// This notice telling of an earlier one, too.
    public func taking(in earlier: Notice) -> Notice {
        var all = self
        all.count += earlier.count
        // Who was away for long wants to know what it began with, and what it came to.
        let titles = earlier.earlier + [earlier.ownTitle]
        all.earlier = titles.count > 20 ? Array(titles.prefix(10) + titles.suffix(10)) : titles
        return all
    }
}
