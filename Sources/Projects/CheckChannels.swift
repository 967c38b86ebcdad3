import Foundation

/// What is wrong with the `notify:` of an environment, after its layers were merged.
///
/// - Parameter environment: already of the right shape.
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
                "it reports nothing", at: mark, key: "\(key).on",
                hint: "name some of \(NoticeKind.subjects.map(\.rawValue).joined(separator: ", "))"))
    }
    let given = Channel.ways.compactMap { way in channel[way.field.name].map { (way: way, value: $0) } }
    switch (given.first, given.dropFirst().first) {
    case (nil, _):
        let ways = Channel.ways.map { "\($0.noun):" }.joined(separator: " or ")
        found.append(Problem("it does not say where to send messages", at: mark, key: key, hint: "give it \(ways)"))
    case (.some, let second?):
        let ways = given.map { $0.way.noun }.joined(separator: " and ")
        found.append(Problem("it has \(ways)", at: second.value.mark, key: key, hint: "make it two channels"))
    case (let only?, nil): found += only.way.problems(only.value, key: "\(key).\(only.way.field.name)")
    }
    return found + templateProblems(channel["template"], key: "\(key).template")
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

/// Prefix of secrets in the daemon's environment. Without it, a file in a repository could send any variable anywhere.
private let secretPrefix = "ESPALIER_SECRET_"

func nameProblems(_ node: Node?, key: String, or other: String? = nil) -> [Problem] {
    guard let node, let text = node.text, text.wholeMatch(of: /ESPALIER_SECRET_[A-Z0-9_]+/) == nil else { return [] }
    return [
        Problem(
            "'\(text)' is not the name of a secret", at: node.mark, key: key,
            hint: "write the name of a variable of the daemon, \(secretPrefix)…" + (other.map { ", or \($0)" } ?? ""))
    ]
}

func isAddress(_ text: String, schemes: [String]) -> Bool {
    guard
        text.unicodeScalars.allSatisfy({
            $0.value > 0x20 && $0.value < 0x7F && !"\"\\<>^`{|}".unicodeScalars.contains($0)
        }),
        let parts = URLComponents(string: text), let scheme = parts.scheme, schemes.contains(scheme)
    else { return false }
    return !(parts.host ?? "").isEmpty && parts.user == nil && parts.password == nil
}
