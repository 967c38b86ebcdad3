import Formats

/// A kind of event. `Plans` makes it a `StartingEvent`, which says what it starts.
///
/// A new kind is a file in `Kinds` and a line in `Event.kinds`.
package protocol EventKind: TaggedValue {
    /// What the event is about, for remarks: a noun and its name.
    var subject: String { get }
    /// The code that decides what it starts.
    var code: EventCode { get }
    /// The ref that moved, if any.
    var move: RefMove? { get }
    /// Whether its plan depends on what earlier events have started. They are planned first.
    var dependsOnEarlierEvents: Bool { get }
}

extension EventKind {
    package var move: RefMove? { nil }
    package var dependsOnEarlierEvents: Bool { false }

    /// Format 1 has all events as enum cases without labels.
    package init(format1 decoder: any Decoder) throws { try self.init(unlabelled: decoder) }
}

/// Where to read the files that decide what an event starts.
package enum EventCode: Sendable, Hashable {
    /// - Parameters:
    ///   - base: the commit that changed paths are computed against; by default, the default branch.
    ///   - pipeline: the only pipeline that the event is about.
    case commit(ObjectID, branch: String, base: ObjectID? = nil, pipeline: String? = nil)
    /// It starts nothing, regardless of the project's files.
    case none(remark: String? = nil)
}
