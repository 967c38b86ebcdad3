/// Gitea and Forgejo. Source: the servers' own `/api/swagger`, version 1; `routers/api/v1/repo/pull.go`.
struct GiteaForge: PullRequestForge {
    static let traits = ForgeTraits(
        name: "Gitea", publicAPI: nil, versionPath: "/api/v1", repositoryForm: "owner/name",
        isRepository: { $0.count == 2 })

    let settings: ForgeSettings

    init(_ settings: ForgeSettings) { self.settings = settings }

    func listChanges(page: Int) -> ForgeRequest {
        // Servers give at most 50 by default.
        request(
            "GET", ["pulls"],
            query: [("state", "open"), ("sort", "oldest"), ("limit", "50"), ("page", "\(pageNumber(page))")])
    }

    func setStatus(_ status: CommitStatus) -> ForgeRequest { setStatus(status, limit: 255) }

    func merge(_ order: MergeOrder) -> ForgeRequest {
        request(
            "POST", ["pulls", "\(order.number)", "merge"],
            body: .object([
                "Do": .text(order.method.rawValue), "head_commit_id": .text(order.head),
                "MergeTitleField": .text(order.title), "MergeMessageField": .text(order.message),
            ]))
    }

    func mergeAnswer(_ answer: ForgeResponse) -> MergeAnswer {
        lazy var said = Refusal.message(in: answer)
        switch answer.status {
        case 200: return .merged(commit: nil)
        // The server is still checking whether it can merge.
        case 405 where said.contains("try again later"): return .failed(mayPass: true, reason: said)
        case 405: return .notMergeable(reason: said)
        // Only the message distinguishes these. The second one is that of old servers.
        case 409 where said.contains("head out of date") || said.contains("head target does not match"):
            return .headMoved
        case 409 where said.contains("push out of date"): return .failed(mayPass: true, reason: "the target moved")
        case 409 where Refusal.read(answer)?.message == nil:
            return .notMergeable(reason: "it conflicts with its target: rebase, and push again")
        case 409: return .notMergeable(reason: said)
        default: return mergeFailure(answer)
        }
    }

    /// Servers without drafts mark them in the title. These are the default marks; a server may be configured with
    /// others.
    static func isDraft(_ pull: PullRequest) -> Bool {
        pull.draft ?? ["WIP:", "[WIP]"].contains { pull.title.uppercased().hasPrefix($0) }
    }

    func request(
        _ method: String, _ path: [String], query: [(String, String)] = [], body: JSON? = nil
    ) -> ForgeRequest {
        var headers: [String: String] = [:]
        headers["Authorization"] = settings.token.map { "token \($0)" }
        return settings.request(
            method, ["repos"] + settings.repositorySegments + path, query: query, headers: headers, body: body)
    }
}
