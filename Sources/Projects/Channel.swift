/// What people are notified of.
public enum NoticeKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A run ended as failed, timed out, out of memory or lost.
    case failure
    /// The next run of the same branch and pipeline passed.
    case recovery
    /// A moment of a schedule was skipped, or fired late.
    case missed
    /// A step of a passed run reported `drift=detected`.
    case drift
    /// An alias was moved on evidence, or was not, with the reason.
    case promotion
    /// An alias was rolled back.
    case rollback
    /// A decision has a pending approval.
    case approval
    /// Somebody tests a channel. Sent only to whom it was requested for, never automatically.
    case test

    /// What `notify:` can subscribe a channel to.
    public static let subjects = allCases.filter { $0 != .test }
}

/// A field of a template, such as `{{branch}}`.
public enum NoticeField: String, Sendable, Hashable, CaseIterable {
    case kind, title, body, reason, log, project, environment, branch, pipeline, commit, run, count, at, url, id
}

/// An entry of an environment's `notify:`: who is notified, of what, and how.
public struct Channel: Sendable, Hashable, Codable {
    public enum Way: Sendable, Hashable {
        case webhook(Webhook)
        case email(Email)
    }

    /// The address that a JSON document is posted to.
    public struct Webhook: Sendable, Hashable, Codable {
        /// `https://…`, or the name of the variable that holds the URL.
        public let url: String
        /// Name of the variable with the signing secret; absent for no signature.
        public let secret: String?

        private enum CodingKeys: String, CodingKey { case url, secret }
    }

    public struct Email: Sendable, Hashable, Codable {
        public let to: [String]
        public let from: String
        /// `smtp://host:port` or `smtps://host:port`
        public let server: String
        /// Names of the variables with the server's user and password; absent for no login.
        public let user: String?
        public let password: String?
        /// Whether `smtp://` must switch to TLS before it sends anything else.
        public let isEncrypted: Bool

        private enum CodingKeys: String, CodingKey { case to, from, server, user, password, isEncrypted }
    }

    public let name: String
    public let kinds: [NoticeKind]
    /// Patterns of the pipelines that it covers; all when empty.
    public let pipelines: [Glob]
    public let way: Way
    /// The text to send instead of the usual one, with `{{fields}}`.
    public let template: String?
    /// Minimum seconds between two messages about the same subject. What happens in between goes into one message.
    public let quiet: Int64

    private enum CodingKeys: String, CodingKey { case name, kinds, pipelines, way, template, quiet }

    /// The addresses of a message. Each gets its own copy, so that one refused address does not affect the others.
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
            "on", .oneOrMany(.oneOf(NoticeKind.subjects.map(\.rawValue))), "what is told"),
        .init("pipelines", .oneOrMany(.string), "patterns of the pipelines that it is about; default all"),
        .init(
            "webhook",
            .object([
                .init(
                    "url", .string, "where JSON is posted, or the name of the daemon's variable that holds the address"),
                .init("secret", .string, "name of the daemon's variable with what the post is signed with"),
            ]), "a post to an address: Slack, Mattermost and Teams take it as it is"),
        .init(
            "email",
            .object([
                .init("to", .oneOrMany(.string), "addresses"),
                .init("from", .string, "the address that it comes from"),
                .init("server", .string, "smtp://HOST:PORT or smtps://HOST:PORT"),
                .init("user", .string, "name of the daemon's variable with the server's user"),
                .init("password", .string, "name of the daemon's variable with the server's password"),
                .init(
                    "tls", .oneOf(["required", "none"]),
                    "whether smtp:// has to turn to TLS first; default required, none only without a password"),
            ]), "mail by SMTP"),
        .init("template", .string, "text with {{fields}} in place of the usual one"),
        .init("quiet", .duration, "the least time between two messages about the same; default 15m"),
    ])

    /// - Parameter node: of the right shape. Returns nil when it is not usable; `channelProblems` reports why.
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
