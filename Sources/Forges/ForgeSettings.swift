import Foundation

/// Which repository on which forge, and the credentials. Validated once, so that every request is well formed.
public struct ForgeSettings: Sendable, Hashable {
    public let kind: ForgeKind
    /// The address of the REST API, without a trailing slash.
    public let api: String
    /// `owner/name`; GitLab: the path with all groups, or the project's number; Azure DevOps: `organization/project/name`.
    public let repository: String
    public let token: String?

    /// - Parameters:
    ///   - api: nil for the public service of that kind; required for Gitea. GitHub Enterprise has a path (`/api/v3`).
    ///     The path of GitLab (`/api/v4`) or Gitea (`/api/v1`) is added if it is missing.
    ///   - token: surrounding white space, as in files, is dropped.
    /// - Throws: `.misconfigured`, which says what would be right.
    public init(kind: ForgeKind, api: String? = nil, repository: String, token: String? = nil) throws(ForgeError) {
        self.kind = kind
        self.api = try Self.address(api, of: kind)
        self.repository = try Self.path(repository, of: kind)
        self.token = try Self.credential(token)
    }

    private static func address(_ given: String?, of kind: ForgeKind) throws(ForgeError) -> String {
        guard let text = given ?? kind.traits.publicAPI else {
            throw .misconfigured("\(kind.name) needs the server's address as api, such as https://git.example.org")
        }
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), parts.host?.isEmpty == false, parts.query == nil, parts.fragment == nil
        else {
            throw .misconfigured("the forge's api '\(text)' is not an address such as https://git.example.org/api")
        }
        guard parts.user == nil, parts.password == nil else {
            throw .misconfigured("the forge's api holds a name or password: give a token instead")
        }
        var address = text
        while address.hasSuffix("/") { address.removeLast() }
        if let version = kind.traits.versionPath, !address.hasSuffix(version) { address += version }
        return address
    }

    private static func path(_ text: String, of kind: ForgeKind) throws(ForgeError) -> String {
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = segments.allSatisfy { $0 != "." && $0 != ".." && !$0.isEmpty }
        guard kind.traits.isRepository(segments), isPlain, !hasControlCharacters(text) else {
            throw .misconfigured(
                "the repository on \(kind.name) is written \(kind.traits.repositoryForm), not '\(text)'")
        }
        return text
    }

    private static func credential(_ text: String?) throws(ForgeError) -> String? {
        guard let text = text?.trimmingCharacters(in: .whitespacesAndNewlines), !text.isEmpty else { return nil }
        // It becomes a header, and a line break would start another one.
        guard text.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw .misconfigured("the forge's token contains characters that no token has: copy only the token")
        }
        return text
    }
}
