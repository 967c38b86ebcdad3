/// Gitea and Forgejo. Source: the servers' own `/api/swagger`, version 1; `routers/api/v1/repo/pull.go`.
struct GiteaForge: PullRequestForge {
    let settings: ForgeSettings

    init(_ settings: ForgeSettings) { self.settings = settings }

    func listChanges(page: Int) -> ForgeRequest {
        // 50 is the most that servers give by default.
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
        // The server has not finished to look whether it merges.
        case 405 where said.contains("try again later"): return .failed(mayPass: true, reason: said)
        case 405: return .notMergeable(reason: said)
        // The words are all that tells these apart; the second ones are those of old servers.
        case 409 where said.contains("head out of date") || said.contains("head target does not match"):
            return .headMoved
        case 409 where said.contains("push out of date"): return .failed(mayPass: true, reason: "the target moved")
        case 409 where Refusal.read(answer)?.message == nil:
            return .notMergeable(reason: "it conflicts with its target: rebase, and push again")
        case 409: return .notMergeable(reason: said)
        default: return mergeFailure(answer)
        }
    }

    /// Servers without drafts have marks in the title. These are the default ones; a server may be set to others.
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
