/// GitHub and GitHub Enterprise. Source: docs.github.com, REST API version 2022-11-28.
struct GitHubForge: PullRequestForge {
    static let traits = ForgeTraits(
        name: "GitHub", publicAPI: "https://api.github.com", repositoryForm: "owner/name",
        isRepository: { $0.count == 2 })

    let settings: ForgeSettings

    init(_ settings: ForgeSettings) { self.settings = settings }

    func listChanges(page: Int) -> ForgeRequest {
        request(
            "GET", ["pulls"],
            query: [
                ("state", "open"), ("sort", "created"), ("direction", "asc"), ("per_page", "100"),
                ("page", "\(pageNumber(page))"),
            ])
    }

    func setStatus(_ status: CommitStatus) -> ForgeRequest { setStatus(status, limit: 140) }

    func merge(_ order: MergeOrder) -> ForgeRequest {
        // A rebase creates no commit of its own that could have a title.
        let isNamed = order.method != .rebase
        return request(
            "PUT", ["pulls", "\(order.number)", "merge"],
            body: .object(of: [
                "sha": .text(order.head), "merge_method": .text(order.method.rawValue),
                "commit_title": isNamed ? .text(order.title) : nil,
                "commit_message": isNamed ? .text(order.message) : nil,
            ]))
    }

    func mergeAnswer(_ answer: ForgeResponse) -> MergeAnswer {
        lazy var said = Refusal.message(in: answer)
        switch answer.status {
        case 200: return .merged(commit: mergeCommit(in: answer))
        // Somebody else merged first. The order is still valid.
        case 405, 409:
            if said.contains("Base branch was modified") || said.contains("already in progress") {
                return .failed(mayPass: true, reason: said)
            }
            return answer.status == 409 ? .headMoved : .notMergeable(reason: said)
        default: return mergeFailure(answer)
        }
    }

    static func isDraft(_ pull: PullRequest) -> Bool { pull.draft ?? false }

    private func mergeCommit(in answer: ForgeResponse) -> String? {
        struct Merged: Decodable {
            let sha: CommitID?
        }
        return (try? decode(Merged.self, from: answer.body, what: "a merge"))?.sha?.text
    }

    func request(
        _ method: String, _ path: [String], query: [(String, String)] = [], body: JSON? = nil
    ) -> ForgeRequest {
        var headers = ["Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"]
        headers["Authorization"] = settings.token.map { "Bearer \($0)" }
        return settings.request(
            method, ["repos"] + settings.repositorySegments + path, query: query, headers: headers, body: body)
    }
}
