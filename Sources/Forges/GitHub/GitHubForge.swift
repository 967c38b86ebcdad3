/// GitHub and GitHub Enterprise. Source: docs.github.com, REST API version 2022-11-28.
struct GitHubForge: Forge {
    let settings: ForgeSettings
    let changeRefs: String? = "refs/pull/*/head"

    init(_ settings: ForgeSettings) { self.settings = settings }

    func listChanges(page: Int) -> ForgeRequest {
        request(
            "GET", ["pulls"],
            query: [
                ("state", "open"), ("sort", "created"), ("direction", "asc"), ("per_page", "100"),
                ("page", "\(pageNumber(page))"),
            ])
    }

    func changes(in answer: ForgeResponse) throws(ForgeError) -> (changes: [ForgeChange], hasMore: Bool) {
        let list = try read([PullRequest].self, from: answer, what: "list of pull requests")
        return (list.compactMap { $0.change(isDraft: $0.draft ?? false) }, hasNextPage(answer))
    }

    func change(_ number: Int64) -> ForgeRequest { request("GET", ["pulls", "\(number)"]) }

    func change(in answer: ForgeResponse) throws(ForgeError) -> ForgeChange {
        let pull = try read(PullRequest.self, from: answer, what: "pull request")
        guard let change = pull.change(isDraft: pull.draft ?? false) else {
            throw .unreadable(what: "GitHub's pull request \(pull.number.value)", place: "it has no commits")
        }
        return change
    }

    func setStatus(_ status: CommitStatus) -> ForgeRequest {
        request(
            "POST", ["statuses", status.commit],
            body: .object(of: [
                "state": .text(status.state.rawValue), "context": .text(status.context),
                "description": .text(cut(status.description, to: 140)), "target_url": status.targetURL.map(JSON.text),
            ]))
    }

    func merge(_ order: MergeOrder) -> ForgeRequest {
        // A rebase makes no commit of its own to name.
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
        // Somebody else's merge was faster; the order itself is as good as before.
        case 405, 409:
            if said.contains("Base branch was modified") || said.contains("already in progress") {
                return .failed(mayPass: true, reason: said)
            }
            return answer.status == 409 ? .headMoved : .notMergeable(reason: said)
        default: return mergeFailure(answer)
        }
    }

    private func mergeCommit(in answer: ForgeResponse) -> String? {
        struct Merged: Decodable {
            let sha: CommitID?
        }
        return (try? decode(Merged.self, from: answer.body, what: "a merge"))?.sha?.text
    }

    private func request(
        _ method: String, _ path: [String], query: [(String, String)] = [], body: JSON? = nil
    ) -> ForgeRequest {
        var headers = ["Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"]
        headers["Authorization"] = settings.token.map { "Bearer \($0)" }
        return settings.request(
            method, ["repos"] + settings.repositorySegments + path, query: query, headers: headers, body: body)
    }
}
