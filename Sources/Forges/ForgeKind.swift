/// A kind of server that hosts repositories and proposed changes. Forgejo speaks as Gitea does.
public enum ForgeKind: String, Codable, CaseIterable, Sendable, Hashable {
    case github
    case gitlab
    case gitea
    case azureDevOps = "azure-devops"

    /// The forge that sent a delivery; nil when it is none of the four.
    ///
    /// Gitea and Forgejo also send GitHub's headers, so they are looked for first; Gogs, which they descend from, sends them
    /// too and is none of the four. Azure DevOps sends no header of its own and is told by its body.
    public static func identify(_ delivery: Delivery) -> ForgeKind? {
        let headers = delivery.headers
        if headers["X-Forgejo-Event"] != nil || headers["X-Gitea-Event"] != nil { return .gitea }
        if headers["X-Gogs-Event"] != nil || headers["X-Event-Key"] != nil { return nil }
        if headers["X-Gitlab-Event"] != nil { return .gitlab }
        if headers["X-GitHub-Event"] != nil { return .github }
        guard let notice = try? decode(AzureNotice.self, from: delivery.body, what: "a delivery") else { return nil }
        return notice.publisherId == "tfs" ? .azureDevOps : nil
    }

    /// Its name, as people write it.
    public var name: String {
        switch self {
        case .github: "GitHub"
        case .gitlab: "GitLab"
        case .gitea: "Gitea"
        case .azureDevOps: "Azure DevOps"
        }
    }
}
