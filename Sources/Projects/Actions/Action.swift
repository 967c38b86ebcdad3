import Formats

/// What a step does: one of the kinds below.
public struct Action: Sendable, CustomStringConvertible {
    /// Every kind of step, in the order in which messages and the schema list their keys.
    package static let kinds: [any ActionKind.Type] = [
        CommandAction.self, RegisterAction.self, PromoteAction.self, TerraformPlanAction.self,
        TerraformApplyAction.self, RestoreAction.self,
    ]

    package let body: any ActionKind

    package init(_ body: any ActionKind) {
        self.body = body
    }

    /// The action as a given kind; `nil` if it is of another kind.
    package func `as`<Kind: ActionKind>(_ type: Kind.Type) -> Kind? { body as? Kind }

    /// Name of the kind, one word.
    public var kind: String { type(of: body).tag }

    /// What the step does, as plans show it.
    public var description: String { body.sentence }

    /// Whether it runs as a process and occupies a slot.
    public var isCommand: Bool { body.isCommand }
}

extension Action: Hashable {
    public static func == (left: Action, right: Action) -> Bool {
        AnyHashable(left.body) == AnyHashable(right.body)
    }

    public func hash(into hasher: inout Hasher) { body.hash(into: &hasher) }
}

extension Action: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decode(oneOf: Self.kinds, from: decoder))
    }

    public func encode(to encoder: any Encoder) throws { try Formats.encode(body, to: encoder) }
}

extension Action {
    /// The keys of a step that select its kind.
    static let keys: [ActionKey] = kinds.compactMap { $0.key }

    /// Reads the one such key that a step must have.
    init?(_ node: Node, at mark: Mark, key: String, _ problems: inout [Problem]) {
        let given = Self.keys.filter { node[$0.name] != nil }
        guard let only = given.first, given.count == 1, let value = node[only.name] else {
            let names = given.map(\.name).joined(separator: ", ")
            problems.append(
                Problem(
                    given.isEmpty ? "the step does nothing" : "the step does several things: \(names)", at: mark,
                    key: key, hint: "give exactly one of \(Self.keys.map(\.name).joined(separator: ", "))"))
            return nil
        }
        guard let body = only.read(value, "\(key).\(only.name)", &problems) else { return nil }
        self.init(body)
    }
}
