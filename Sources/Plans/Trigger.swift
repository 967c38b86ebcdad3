import Events
import Formats
import Foundation

/// What started a run.
public struct Trigger: Sendable, CustomStringConvertible {
    /// Every kind of trigger. Each belongs to one kind of event.
    package static let kinds: [any TriggerKind.Type] = Event.kinds.compactMap {
        ($0 as? any StartingEvent.Type)?.started
    }

    package let body: any TriggerKind

    package init(_ body: any TriggerKind) {
        self.body = body
    }

    /// The trigger as a given kind; `nil` if it is of another kind.
    package func `as`<Kind: TriggerKind>(_ type: Kind.Type) -> Kind? { body as? Kind }

    /// Name of the kind, one word.
    public var kind: String { type(of: body).tag }

    /// What started the run, for people: a noun with numbers and names.
    public var description: String { body.sentence }

    /// The logical time of the run, if it has one.
    public var logicalTime: Date? { body.logicalTime }
}

extension Trigger: Hashable {
    public static func == (left: Trigger, right: Trigger) -> Bool { AnyHashable(left.body) == AnyHashable(right.body) }

    public func hash(into hasher: inout Hasher) { body.hash(into: &hasher) }
}

extension Trigger: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decode(oneOf: Self.kinds, from: decoder))
    }

    public func encode(to encoder: any Encoder) throws { try Formats.encode(body, to: encoder) }
}
