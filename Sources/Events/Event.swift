import Formats

/// A fact that can start work. Stored before it is acted on, and handled exactly once.
public struct Event: Sendable {
    /// Every kind of event.
    package static let kinds: [any EventKind.Type] = [
        RefMove.self, Proposal.self, CheckRequest.self, FireRequest.self, RunRequest.self, RollbackRequest.self,
        DriftReport.self,
    ]

    package let body: any EventKind

    package init(of body: any EventKind) {
        self.body = body
    }

    /// The event as one kind; `nil` when it is of another.
    package func `as`<Kind: EventKind>(_ type: Kind.Type) -> Kind? { body as? Kind }

    /// One word for lists and filters.
    public var kind: String { type(of: body).tag }
}

extension Event: Hashable {
    public static func == (left: Event, right: Event) -> Bool { AnyHashable(left.body) == AnyHashable(right.body) }

    public func hash(into hasher: inout Hasher) { body.hash(into: &hasher) }
}

extension Event: Codable {
    public init(from decoder: any Decoder) throws {
        try StoredFormat.check(decoder)
        self.init(of: try decode(oneOf: Self.kinds, from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        try StoredFormat.mark(encoder)
        try Formats.encode(body, to: encoder)
    }
}
