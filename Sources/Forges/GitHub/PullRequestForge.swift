/// A forge whose pull requests have GitHub's paths and format: GitHub itself, Gitea and Forgejo.
protocol PullRequestForge: Forge {
    /// Whether the pull request is a draft, which is not gated. Each server reports this differently.
    static func isDraft(_ pull: PullRequest) -> Bool

    /// A request below the repository.
    func request(_ method: String, _ path: [String], query: [(String, String)], body: JSON?) -> ForgeRequest
}

extension PullRequestForge {
    var changeRefs: String? { "refs/pull/*/head" }

    func changes(in answer: ForgeResponse) throws(ForgeError) -> (changes: [ForgeChange], hasMore: Bool) {
        let list = try read([PullRequest].self, from: answer, what: "list of pull requests")
        return (list.compactMap { $0.change(isDraft: Self.isDraft($0)) }, hasNextPage(answer))
    }

    func change(_ number: Int64) -> ForgeRequest { request("GET", ["pulls", "\(number)"], query: [], body: nil) }

    func change(in answer: ForgeResponse) throws(ForgeError) -> ForgeChange {
        let pull = try read(PullRequest.self, from: answer, what: "pull request")
        guard let change = pull.change(isDraft: Self.isDraft(pull)) else {
            throw .unreadable(
                what: "\(settings.kind.name)'s pull request \(pull.number.value)", place: "it has no commits")
        }
        return change
    }

    /// - Parameter limit: the maximum length of the description, in characters.
    func setStatus(_ status: CommitStatus, limit: Int) -> ForgeRequest {
        request(
            "POST", ["statuses", status.commit], query: [],
            body: .object(of: [
                "state": .text(status.state.rawValue), "context": .text(status.context),
                "description": .text(cut(status.description, to: limit)),
                "target_url": status.targetURL.map(JSON.text),
            ]))
    }
}
