import Foundation

/// A request to MLflow's API as values. What is passed on is written anew from them, so that no other spelling of a path, a
/// query or a body can mean something else to the server than to us.
public struct APICall: Sendable, Hashable {
    public let method: String
    /// Decoded: `api`, `2.0`, `mlflow`, `runs`, `create`.
    public let path: [String]
    public let query: [String: [String]]

    /// - Parameter target: the path and query of the request, as the client wrote them.
    public init(method: String, target: String) throws(DoorRefusal) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard target.hasPrefix("/") else { throw DoorRefusal("the address is not a path") }
        var path: [String] = []
        for piece in parts[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let name = decoded(piece), isPlain(name) else {
                throw DoorRefusal("its path has a part that is empty, climbs, or is not plain text")
            }
            path.append(name)
        }
        self.method = method
        self.path = path
        query = try readQuery(parts.count > 1 ? parts[1] : "")
    }

    /// Whether the body is an artifact, which is passed on while it comes.
    public var isUpload: Bool { method == "PUT" && artifact != nil }

    /// The path of the artifact that is meant; `nil` for any other call.
    var artifact: [String]? {
        path.starts(with: Self.artifacts) && path.count > Self.artifacts.count
            ? Array(path.dropFirst(Self.artifacts.count)) : nil
    }

    static let artifacts = ["api", "2.0", "mlflow-artifacts", "artifacts"]

    /// How people are told of it: `POST registered-models/alias`.
    public var name: String {
        let short = path.starts(with: ["api", "2.0", "mlflow"]) ? Array(path.dropFirst(3)) : path
        return "\(method) \(short.joined(separator: "/"))"
    }
}

/// Why a request of a step is not passed on.
public struct DoorRefusal: Error, Sendable, Hashable {
    public let reason: String

    public init(_ reason: String) { self.reason = reason }
}

/// A part of a path or query without its percent-encoding; `nil` if it is not UTF-8 or not encoded properly.
private func decoded(_ text: Substring) -> String? { String(text).removingPercentEncoding }

/// Whether a part of a path is a name, and stays the same one however often a server decodes it, and whatever it takes for a
/// separator.
private func isPlain(_ name: String) -> Bool {
    !name.contains("/") && !name.contains(/%[0-9A-Fa-f]{2}/)
        && name.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        && name.split(separator: "\\", omittingEmptySubsequences: false).allSatisfy { !["", ".", ".."].contains($0) }
}

private func readQuery(_ text: Substring) throws(DoorRefusal) -> [String: [String]] {
    var query: [String: [String]] = [:]
    for pair in text.split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            .map { decoded(Substring($0.replacingOccurrences(of: "+", with: " "))) }
        guard let name = parts[0], let value = parts.count > 1 ? parts[1] : "" else {
            throw DoorRefusal("its query is not percent-encoded UTF-8")
        }
        query[name, default: []].append(value)
    }
    return query
}

/// A path and a query, written in the one way that has one meaning.
func target(_ path: [String], _ query: [(name: String, value: String)] = []) -> String {
    let address = path.map { "/" + escaped($0) }.joined()
    return query.isEmpty
        ? address : address + "?" + query.map { "\(escaped($0.name))=\(escaped($0.value))" }.joined(separator: "&")
}

private func escaped(_ text: String) -> String {
    var allowed = CharacterSet(charactersIn: "-._~")
    allowed.insert(charactersIn: "a"..."z")
    allowed.insert(charactersIn: "A"..."Z")
    allowed.insert(charactersIn: "0"..."9")
    return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
}
