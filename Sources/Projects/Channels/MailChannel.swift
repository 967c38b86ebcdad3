import Foundation

/// Mail by SMTP.
package struct MailChannel: ChannelWay {
    package static let tag = "email"
    package static let noun = "an email"
    package static let field = Shape.Field(
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
        ]), "mail by SMTP")

    package let to: [String]
    package let from: String
    /// `smtp://host:port` or `smtps://host:port`
    package let server: String
    /// Names of the variables with the server's user and password. Absent: no authentication.
    package let user: String?
    package let password: String?
    /// Whether `smtp://` must switch to TLS before anything else is sent.
    package let isEncrypted: Bool

    private enum CodingKeys: String, CodingKey { case to, from, server, user, password, isEncrypted }

    package var recipients: [String] { to }

    package init?(_ node: Node) {
        guard let from = node["from"]?.text, let server = node["server"]?.text else { return nil }
        let to = node["to"]?.items.compactMap(\.text) ?? []
        self.to = to.indices.filter { !to[..<$0].contains(to[$0]) }.map { to[$0] }
        (self.from, self.server) = (from, server)
        (user, password) = (node["user"]?.text, node["password"]?.text)
        isEncrypted = node["tls"]?.text != "none"
    }

    package static func problems(_ email: Node, key: String) -> [Problem] {
        var found: [Problem] = []
        for name in ["to", "from", "server"] where email[name]?.items.isEmpty ?? true {
            found.append(
                Problem("'\(name)' is missing", at: email.mark, key: key, hint: "it needs to, from and server"))
        }
        for name in ["to", "from"] {
            for address in email[name]?.items ?? [] where !isMailbox(address.text ?? "") {
                found.append(
                    Problem(
                        "'\(address.text ?? "")' is not a mail address", at: address.mark, key: "\(key).\(name)",
                        hint: "write somebody@example.org"))
            }
        }
        if let server = email["server"], !isAddress(server.text ?? "", schemes: ["smtp", "smtps"]) {
            found.append(
                Problem(
                    "'\(server.text ?? "")' is not a mail server", at: server.mark, key: "\(key).server",
                    hint: "write smtps://HOST:465 or smtp://HOST:587"))
        }
        found += ["user", "password"].flatMap { nameProblems(email[$0], key: "\(key).\($0)") }
        if (email["user"] == nil) != (email["password"] == nil) {
            found.append(
                Problem(
                    "user and password must be given together", at: email.mark, key: key, hint: "give both or neither"))
        }
        if let tls = email["tls"], tls.text == "none", email["password"] != nil {
            found.append(
                Problem(
                    "a password is never sent unencrypted", at: tls.mark, key: "\(key).tls",
                    hint: "remove it, or the password"))
        }
        return found
    }
}

/// Whether the text is a plain address: `local@domain` with RFC 5321 dot-atoms.
private func isMailbox(_ text: String) -> Bool {
    text.wholeMatch(of: /[A-Za-z0-9!#$%&'*+\/=?^_`{|}~.-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?/) != nil
        && text.utf8.count <= 254
}
