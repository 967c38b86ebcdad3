import Formats
import Foundation

/// Whom an environment tells of what, and how: an entry of its `notify:`.
public struct Channel: Sendable, Hashable, Codable {
    /// Every way to tell people, in the order that messages and the schema name them in.
    package static let ways: [any ChannelWay.Type] = [WebhookChannel.self, MailChannel.self]

    public let name: String
    public let kinds: [NoticeKind]
    /// Patterns of the pipelines that it is about; all when empty.
    public let pipelines: [Glob]
    public let way: Way
    /// What is written in place of the usual text, with `{{fields}}`.
    public let template: String?
    /// Seconds between two messages about the same; what happens in between is told together.
    public let quiet: Int64

    private enum CodingKeys: String, CodingKey { case name, kinds, pipelines, way, template, quiet }

    /// To whom a message of it goes, each on its own: one that is refused keeps it from nobody else.
    public var recipients: [String] { way.body.recipients }

    public func wants(_ kind: NoticeKind, of pipeline: String) -> Bool {
        kinds.contains(kind) && (pipelines.isEmpty || pipelines.contains { $0.matches(pipeline) })
    }
}

extension Channel {
    /// One of the ways.
    public struct Way: Sendable {
        package let body: any ChannelWay

        /// The way as one kind; `nil` when it is of another.
        package func `as`<Kind: ChannelWay>(_ type: Kind.Type) -> Kind? { body as? Kind }
    }
}

extension Channel.Way: Hashable {
    public static func == (left: Self, right: Self) -> Bool { AnyHashable(left.body) == AnyHashable(right.body) }

    public func hash(into hasher: inout Hasher) { body.hash(into: &hasher) }
}

extension Channel.Way: Codable {
    public init(from decoder: any Decoder) throws {
        guard let body = try decode(oneOf: Channel.ways, from: decoder) as? any ChannelWay else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no way to tell people"))
        }
        self.init(body: body)
    }

    public func encode(to encoder: any Encoder) throws { try Formats.encode(body, to: encoder) }
}

extension Channel {
    static let shape = Shape.object(
        [
            .init("on", .oneOrMany(.oneOf(NoticeKind.subjects.map(\.rawValue))), "what is told"),
            .init("pipelines", .oneOrMany(.string), "patterns of the pipelines that it is about; default all"),
        ] + ways.map { $0.field } + [
            .init("template", .string, "text with {{fields}} in place of the usual one"),
            .init("quiet", .duration, "the least time between two messages about the same; default 15m"),
        ])

    /// - Parameter node: of the right shape; nil when it is not usable, which `channelProblems` says.
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
