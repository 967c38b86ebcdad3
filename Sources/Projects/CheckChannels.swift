import Foundation

/// Problems of an environment's `notify:`, after its layers are merged.
///
/// - Parameter environment: of the right shape.
func channelProblems(_ environment: Node) -> [Problem] {
    (environment["notify"]?.entries ?? []).flatMap { entry in
        channelProblems(entry.value, at: entry.mark, key: "notify.\(entry.key)")
    }
}

private func channelProblems(_ channel: Node, at mark: Mark, key: String) -> [Problem] {
    var found: [Problem] = []
    if channel["on"]?.items.isEmpty ?? true {
        found.append(
            Problem(
                "it is told nothing", at: mark, key: "\(key).on",
                hint: "name some of \(NoticeKind.subjects.map(\.rawValue).joined(separator: ", "))"))
    }
    switch (channel["webhook"], channel["email"]) {
    case (nil, nil):
        found.append(Problem("it leads nowhere", at: mark, key: key, hint: "give it a webhook: or an email:"))
    case (.some, .some(let email)):
        found.append(
            Problem("it has a webhook and an email", at: email.mark, key: key, hint: "make two channels of it"))
    case (.some(let webhook), nil): found += webhookProblems(webhook, key: "\(key).webhook")
    case (nil, .some(let email)): found += emailProblems(email, key: "\(key).email")
    }
    return found + templateProblems(channel["template"], key: "\(key).template")
}

private func webhookProblems(_ webhook: Node, key: String) -> [Problem] {
    guard let url = webhook["url"] else {
        return [Problem("'url' is missing", at: webhook.mark, key: key, hint: "where JSON is posted")]
    }
    var found = nameProblems(webhook["secret"], key: "\(key).secret")
    let text = url.text ?? ""
    if !text.contains("://") {
        found += nameProblems(url, key: "\(key).url", or: "an address such as https://chat.example.org/hooks/…")
    } else if !isAddress(text, schemes: ["https", "http"]) {
        found.append(
            Problem(
                "'\(text)' is no address to post to", at: url.mark, key: "\(key).url",
                hint: "write https://HOST/PATH, and no name or password in it"))
    }
    return found
}

private func emailProblems(_ email: Node, key: String) -> [Problem] {
    var found: [Problem] = []
    for name in ["to", "from", "server"] where email[name]?.items.isEmpty ?? true {
        found.append(Problem("'\(name)' is missing", at: email.mark, key: key, hint: "it needs to, from and server"))
    }
    for name in ["to", "from"] {
        for address in email[name]?.items ?? [] where !isMailbox(address.text ?? "") {
            found.append(
                Problem(
                    "'\(address.text ?? "")' is no mail address", at: address.mark, key: "\(key).\(name)",
                    hint: "write somebody@example.org"))
        }
    }
    if let server = email["server"], !isAddress(server.text ?? "", schemes: ["smtp", "smtps"]) {
        found.append(
            Problem(
                "'\(server.text ?? "")' is no mail server", at: server.mark, key: "\(key).server",
                hint: "write smtps://HOST:465 or smtp://HOST:587"))
    }
    found += ["user", "password"].flatMap { nameProblems(email[$0], key: "\(key).\($0)") }
    if (email["user"] == nil) != (email["password"] == nil) {
        found.append(
            Problem("a user and a password come together", at: email.mark, key: key, hint: "give both or none"))
    }
    if let tls = email["tls"], tls.text == "none", email["password"] != nil {
        found.append(
            Problem(
                "a password is not sent in the clear", at: tls.mark, key: "\(key).tls",
                hint: "remove it, or the password"))
    }
    return found
}

private func templateProblems(_ template: Node?, key: String) -> [Problem] {
    guard let template, let text = template.text else { return [] }
    let known = NoticeField.allCases.map(\.rawValue)
    return text.matches(of: /\{\{\s*(.*?)\s*\}\}/).map { String($0.output.1) }.filter { !known.contains($0) }.map {
        Problem(
            "there is no field '\($0)'", at: template.mark, key: key,
            hint: nearest(to: $0, among: known).map { "did you mean '\($0)'?" }
                ?? "known here: \(known.joined(separator: ", "))")
    }
}

/// Prefix of secrets in the daemon's environment. It keeps a file of a repository from sending any other variable
/// somewhere.
private let secretPrefix = "ESPALIER_SECRET_"

private func nameProblems(_ node: Node?, key: String, or other: String? = nil) -> [Problem] {
    guard let node, let text = node.text, text.wholeMatch(of: /ESPALIER_SECRET_[A-Z0-9_]+/) == nil else { return [] }
    return [
        Problem(
            "'\(text)' names no secret", at: node.mark, key: key,
            hint: "write the name of a variable of the daemon, \(secretPrefix)…" + (other.map { ", or \($0)" } ?? ""))
    ]
}

private func isAddress(_ text: String, schemes: [String]) -> Bool {
    guard
        text.unicodeScalars.allSatisfy({
            $0.value > 0x20 && $0.value < 0x7F && !"\"\\<>^`{|}".unicodeScalars.contains($0)
        }),
        let parts = URLComponents(string: text), let scheme = parts.scheme, schemes.contains(scheme)
    else { return false }
    return !(parts.host ?? "").isEmpty && parts.user == nil && parts.password == nil
}

/// Whether the text is a plain address: `local@domain`, with a dot-atom of RFC 5321 as local part.
private func isMailbox(_ text: String) -> Bool {
    text.wholeMatch(of: /[A-Za-z0-9!#$%&'*+\/=?^_`{|}~.-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?/) != nil
        && text.utf8.count <= 254
}
