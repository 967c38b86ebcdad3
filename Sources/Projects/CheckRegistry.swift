/// Names of aliases and models that MLflow refuses, or that would be no name in a path or a log.
///
/// - Parameter file: an environment file, or the project's.
func registryNameProblems(_ file: Node) -> [Problem] {
    guard let registry = file["registry"] else { return [] }
    var found = (registry["model"]?.items ?? []).compactMap { modelNameProblem($0, key: "registry.model") }
    for entry in registry["aliases"]?.entries ?? [] {
        guard let alias = entry.value.text, let reason = reasonAgainst(alias: alias) else { continue }
        found.append(
            Problem(
                "'\(alias)' cannot be an alias: \(reason)", at: entry.value.mark,
                key: "registry.aliases.\(entry.key)", hint: "use letters, digits, - and _: challenger"))
    }
    return found
}

/// What is wrong with the name of a model; `nil` if nothing is.
func modelNameProblem(_ node: Node, key: String) -> Problem? {
    guard let name = node.text, !isModelName(name) else { return nil }
    return Problem(
        "'\(name)' cannot be a model's name", at: node.mark, key: key,
        hint: "begin with a letter or digit, and use letters, digits, blanks and - _ . , ( ) + in it: hrob-risk")
}

/// Aliases of one model that serve two purposes: what one environment registers, or makes its champion, would be another's
/// champion.
func sharedAliasProblems(_ environments: [Environment]) -> [Problem] {
    var found: [Problem] = []
    for own in environments {
        for other in environments where own.registry.sharesModel(with: other.registry) {
            guard let incumbent = other.registry.incumbent else { continue }
            if own.registry.candidate == incumbent {
                found.append(problem("candidate", incumbent, of: own, "the incumbent", of: other))
            }
            if own.name > other.name, own.registry.incumbent == incumbent {
                found.append(problem("incumbent", incumbent, of: own, "the incumbent", of: other))
            }
        }
    }
    return found
}

private func problem(_ role: String, _ alias: String, of own: Environment, _ otherRole: String, of other: Environment)
    -> Problem
{
    Problem(
        "the \(role) alias '\(alias)' of environment '\(own.name)' is \(otherRole) alias of '\(other.name)' for the same model",
        at: own.resolved["registry"]?["aliases"]?[role]?.mark ?? own.resolved["registry"]?.mark,
        key: "registry.aliases.\(role)",
        hint: "give each environment aliases of its own, in environments/\(own.name).yml")
}

extension RegistrySettings {
    fileprivate func sharesModel(with other: RegistrySettings) -> Bool {
        server.place == other.server.place && !Set(models ?? []).isDisjoint(with: other.models ?? [])
    }
}

extension RegistrySettings.Server {
    /// The server, however its address is written.
    fileprivate var place: String {
        guard case .url(let url) = self else { return "" }
        var text = url.lowercased().replacing("//localhost", with: "//127.0.0.1")
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }
}

private func reasonAgainst(alias: String) -> String? {
    let letters = alias.unicodeScalars
    if alias.isEmpty || letters.count > 255 { return "it has no characters, or more than 255" }
    if !letters.allSatisfy({ $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "-" || $0 == "_" })
    {
        return "it has other characters than letters, digits, - and _"
    }
    let lower = alias.lowercased()
    if lower == "latest" { return "MLflow means the newest version by it" }
    if lower.hasPrefix("v"), lower.count > 1, lower.dropFirst().allSatisfy(\.isNumber) {
        return "MLflow means a version's number by it"
    }
    return nil
}

private func isModelName(_ name: String) -> Bool {
    func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
    guard let first = name.unicodeScalars.first, isPlain(first), name.last != " ", name.unicodeScalars.count <= 255
    else {
        return false
    }
    return name.unicodeScalars.allSatisfy { isPlain($0) || " -_.,()+".unicodeScalars.contains($0) }
}
