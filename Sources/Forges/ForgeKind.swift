/// A kind of server that hosts repositories and proposed changes. Forgejo has the same API as Gitea.
public enum ForgeKind: String, Codable, CaseIterable, Sendable, Hashable {
    case github
    case gitlab
    case gitea
    case azureDevOps = "azure-devops"

    /// The forge that sent a delivery; nil if it is none of the four.
    ///
    /// Gitea and Forgejo also send GitHub's headers, so their own headers are checked first. Gogs, from which they
    /// descend, does the same, and is none of the four. Azure DevOps sends no header of its own, so its body identifies
    /// it.
    public static func identify(_ delivery: Delivery) -> ForgeKind? {
        let headers = delivery.headers
        if headers["X-Forgejo-Event"] != nil || headers["X-Gitea-Event"] != nil { return .gitea }
        if headers["X-Gogs-Event"] != nil || headers["X-Event-Key"] != nil { return nil }
        if headers["X-Gitlab-Event"] != nil { return .gitlab }
        if headers["X-GitHub-Event"] != nil { return .github }
        guard let notice = try? decode(AzureNotice.self, from: delivery.body, what: "a delivery") else { return nil }
        return notice.publisherId == "tfs" ? .azureDevOps : nil
    }

    /// Its implementation. A new kind needs its own folder, a case and a line here, and a check in `identify`.
    var implementation: any Forge.Type {
        switch self {
        case .github: GitHubForge.self
        case .gitlab: GitLabForge.self
        case .gitea: GiteaForge.self
        case .azureDevOps: AzureDevOpsForge.self
        }
    }

    var traits: ForgeTraits { implementation.traits }

    /// The display name.
    public var name: String { traits.name }
}
