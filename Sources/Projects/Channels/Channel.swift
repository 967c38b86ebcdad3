import Formats
import Foundation

/// Who is notified of what, and how: an entry of an environment's `notify:`.
public struct Channel: Sendable, Hashable, Codable {
    /// Every way of delivery, in the order in which messages and the schema list them.
    package static let ways: [any ChannelWay.Type] = [WebhookChannel.self, MailChannel.self]

    public let name: String
    public let kinds: [NoticeKind]
    /// Patterns of the pipelines that it covers. Empty: all pipelines.
    public let pipelines: [Glob]
    public let way: Way
    /// Replaces the usual text; may contain `{{fields}}`.
    public let template: String?
    /// Minimum seconds between two messages about the same subject. What happens in between is merged into one message.
    public let quiet: Int64

    private enum CodingKeys: String, CodingKey { case name, kinds, pipelines, way, template, quiet }

    /// The recipients of a message. Each gets it separately, so that one refusal does not affect the others.
    public var recipients: [String] { way.body.recipients }

    public func wants(_ kind: NoticeKind, of pipeline: String) -> Bool {
        // A trouble is about the whole project.
        kinds.contains(kind) && (kind == .trouble || pipelines.isEmpty || pipelines.contains { $0.matches(pipeline) })
    }
}

extension Channel {
    /// One of the ways.
    public struct Way: Sendable {
        package let body: any ChannelWay

        /// The way as a given kind; `nil` if it is of another kind.
        package func `as`<Kind: ChannelWay>(_ type: Kind.Type) -> Kind? { body as? Kind }
    }
}

extension Channel.Way: Hashable {
    public static func == (left: Self, right: Self) -> Bool { AnyHashable(left.body) == AnyHashable(right.body) }

    public func hash(into hasher: inout Hasher) { body.hash(into: &hasher) }
}

extension Channel.Way: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(body: try decode(oneOf: Channel.ways, from: decoder))
    }

    public func encode(to encoder: any Encoder) throws { try Formats.encode(body, to: encoder) }
}

extension Channel {
    static let shape = Shape.object(
        [
            .init("on", .oneOrMany(.oneOf(NoticeKind.subjects.map(\.rawValue))), "what to report"),
            .init("pipelines", .oneOrMany(.string), "patterns of the pipelines to report on; default all"),
        ] + ways.map { $0.field } + [
            .init("template", .string, "text with {{fields}} that replaces the usual one"),
            .init("quiet", .duration, "minimum time between two messages about the same subject; default 15m"),
        ])

    /// - Parameter node: already of the right shape. The result is `nil` if it is not usable; `channelProblems` says
    ///   why.
    init?(name: String, _ node: Node) {
        let given = Self.ways.filter { node[$0.field.name] != nil }
        guard let kind = given.first, given.count == 1, let value = node[kind.field.name], let way = kind.init(value)
        else { return nil }
        self.name = name
        kinds = node["on"]?.items.compactMap { $0.text.flatMap(NoticeKind.init) } ?? []
        pipelines = node["pipelines"]?.globs ?? []
        self.way = Way(body: way)
        template = node["template"]?.text
        quiet = node["quiet"]?.text.flatMap(Duration.init(written:))?.components.seconds ?? 900
    }
}
