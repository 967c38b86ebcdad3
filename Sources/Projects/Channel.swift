/// The events that people are notified of.
public enum NoticeKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A run ended as failed, timed out, out of memory or lost.
    case failure
    /// The next run of the same branch and pipeline passed.
    case recovery
    /// A moment of a schedule was skipped, or fired late.
    case missed
    /// A step of a passed run reported `drift=detected`.
    case drift
    /// An alias was or was not moved on evidence, and why.
    case promotion
    /// An alias was moved back.
    case rollback
    /// A decision has a pending approval.
    case approval
    /// A test of a channel. Sent only on request, to the channel that was asked for.
    case test

    /// The kinds that a channel can subscribe to.
    public static let subjects = allCases.filter { $0 != .test }
}

/// A field of a template: `{{branch}}`.
public enum NoticeField: String, Sendable, Hashable, CaseIterable {
    case kind, title, body, reason, log, project, environment, branch, pipeline, commit, run, count, at, url, id
}

/// Who is notified of what, and how: an entry of an environment's `notify:`.
public struct Channel: Sendable, Hashable, Codable {
    public enum Way: Sendable, Hashable {
        case webhook(Webhook)
        case email(Email)
    }

    /// An address that gets a JSON document by POST.
    public struct Webhook: Sendable, Hashable, Codable {
        /// `https://…`, or the name of the variable that holds the URL.
        public let url: String
        /// Name of the variable with the signing secret. Absent: the document is not signed.
        public let secret: String?

        private enum CodingKeys: String, CodingKey { case url, secret }
    }

    public struct Email: Sendable, Hashable, Codable {
        public let to: [String]
        public let from: String
        /// `smtp://host:port` or `smtps://host:port`
        public let server: String
        /// Names of the variables with the server's user and password. Absent: no authentication.
        public let user: String?
        public let password: String?
        /// Whether `smtp://` must switch to TLS before anything else is sent.
        public let isEncrypted: Bool

        private enum CodingKeys: String, CodingKey { case to, from, server, user, password, isEncrypted }
    }

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
    public var recipients: [String] {
        switch way {
        case .webhook: [""]
        case .email(let email): email.to
        }
    }

    public func wants(_ kind: NoticeKind, of pipeline: String) -> Bool {
        kinds.contains(kind) && (pipelines.isEmpty || pipelines.contains { $0.matches(pipeline) })
    }
}

extension Channel {
    static let shape = Shape.object([
        .init(
            "on", .oneOrMany(.oneOf(NoticeKind.subjects.map(\.rawValue))), "what to report"),
        .init("pipelines", .oneOrMany(.string), "patterns of the pipelines to report on; default all"),
        .init(
            "webhook",
            .object([
                .init(
                    "url", .string, "URL to post JSON to, or the name of the daemon's variable that holds it"),
                .init("secret", .string, "name of the daemon's variable with the signing secret"),
            ]), "JSON posted to a URL; works with Slack, Mattermost and Teams as it is"),
        .init(
            "email",
            .object([
                .init("to", .oneOrMany(.string), "addresses"),
                .init("from", .string, "the sender's address"),
                .init("server", .string, "smtp://HOST:PORT or smtps://HOST:PORT"),
                .init("user", .string, "name of the daemon's variable with the user name for the server"),
                .init("password", .string, "name of the daemon's variable with the password for the server"),
                .init(
                    "tls", .oneOf(["required", "none"]),
                    "whether smtp:// must switch to TLS first; default required; none only without a password"),
            ]), "mail by SMTP"),
        .init("template", .string, "text with {{fields}} that replaces the usual one"),
        .init("quiet", .duration, "minimum time between two messages about the same subject; default 15m"),
    ])

    /// - Parameter node: already of the right shape. The result is `nil` if it is not usable; `channelProblems` says
    ///   why.
    init?(name: String, _ node: Node) {
        guard let way = Way(node) else { return nil }
        self.name = name
        kinds = node["on"]?.items.compactMap { $0.text.flatMap(NoticeKind.init) } ?? []
        pipelines = node["pipelines"]?.globs ?? []
        self.way = way
        template = node["template"]?.text
        quiet = node["quiet"]?.text.flatMap(Duration.init(written:))?.components.seconds ?? 900
    }
}

extension Channel.Way {
    fileprivate init?(_ node: Node) {
        if let webhook = node["webhook"] {
            guard let url = webhook["url"]?.text, node["email"] == nil else { return nil }
            self = .webhook(Channel.Webhook(url: url, secret: webhook["secret"]?.text))
        } else if let email = node["email"] {
            guard let from = email["from"]?.text, let server = email["server"]?.text else { return nil }
            let to = email["to"]?.items.compactMap(\.text) ?? []
            self = .email(
                Channel.Email(
                    to: to.indices.filter { !to[..<$0].contains(to[$0]) }.map { to[$0] }, from: from, server: server,
                    user: email["user"]?.text, password: email["password"]?.text,
                    isEncrypted: email["tls"]?.text != "none"))
        } else {
            return nil
        }
    }
}
