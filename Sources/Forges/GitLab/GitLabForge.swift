/// GitLab, on any host. Source: docs.gitlab.com, REST API version 4.
struct GitLabForge: Forge {
    static let traits = ForgeTraits(
        name: "GitLab", publicAPI: "https://gitlab.com/api/v4", versionPath: "/api/v4",
        repositoryForm: "group/name, or the project's number",
        isRepository: { segments in
            segments.count >= 2
                || segments.count == 1 && !segments[0].isEmpty && segments[0].utf8.allSatisfy { (48...57).contains($0) }
        })

    let settings: ForgeSettings
    let changeRefs: String? = "refs/merge-requests/*/head"

    init(_ settings: ForgeSettings) { self.settings = settings }

    func listChanges(page: Int) -> ForgeRequest {
        request(
            "GET", ["merge_requests"],
            query: [
                ("state", "opened"), ("order_by", "created_at"), ("sort", "asc"), ("per_page", "100"),
                ("page", "\(pageNumber(page))"),
            ])
    }

    func changes(in answer: ForgeResponse) throws(ForgeError) -> (changes: [ForgeChange], hasMore: Bool) {
        let list = try read([MergeRequest].self, from: answer, what: "list of merge requests")
        return (list.compactMap(\.change), answer.headers["X-Next-Page"] != nil)
    }

    func change(_ number: Int64) -> ForgeRequest { request("GET", ["merge_requests", "\(number)"]) }

    func change(in answer: ForgeResponse) throws(ForgeError) -> ForgeChange {
        let merge = try read(MergeRequest.self, from: answer, what: "merge request")
        guard let change = merge.change else {
            throw .unreadable(what: "GitLab's merge request \(merge.iid.value)", place: "it has no commits")
        }
        return change
    }

    func setStatus(_ status: CommitStatus) -> ForgeRequest {
        let state =
            switch status.state {
            case .pending: "pending"
            case .success: "success"
            // GitLab has only one state for both.
            case .failure, .error: "failed"
            }
        return request(
            "POST", ["statuses", status.commit],
            body: .object(of: [
                "state": .text(state), "name": .text(cut(status.context, to: 255)),
                "description": .text(cut(status.description, to: 255)), "target_url": status.targetURL.map(JSON.text),
            ]))
    }

    /// GitLab refuses a status that is already set, and `pending` once the status has moved on.
    func statusTrouble(in answer: ForgeResponse) -> ForgeError? {
        if answer.status == 400, Refusal.message(in: answer).contains("Cannot transition status via :enqueue") {
            return nil
        }
        return trouble(in: answer)
    }

    func merge(_ order: MergeOrder) -> ForgeRequest {
        let key = order.method == .squash ? "squash_commit_message" : "merge_commit_message"
        return request(
            "PUT", ["merge_requests", "\(order.number)", "merge"],
            body: .object(["sha": .text(order.head), "squash": .flag(order.method == .squash), key: .text(order.text)]))
    }

    func mergeAnswer(_ answer: ForgeResponse) -> MergeAnswer {
        lazy var said = Refusal.message(in: answer)
        switch answer.status {
        case 200:
            guard let merge = try? decode(MergeRequest.self, from: answer.body, what: "a merge") else {
                return .underway
            }
            return merge.state == "merged" ? .merged(commit: merge.mergedCommit) : .underway
        case 409 where said.contains("SHA"): return .headMoved
        // Older servers answer 406 for a conflict.
        case 405, 406, 409, 422:
            return .notMergeable(reason: "\(said): see the merge request's page for what it waits for")
        default: return mergeFailure(answer)
        }
    }

    private func request(
        _ method: String, _ path: [String], query: [(String, String)] = [], body: JSON? = nil
    ) -> ForgeRequest {
        var headers: [String: String] = [:]
        headers["PRIVATE-TOKEN"] = settings.token
        return settings.request(
            method, ["projects", settings.repository] + path, query: query, headers: headers, body: body)
    }
}

/// Source: docs.gitlab.com, "Merge requests API".
struct MergeRequest: Decodable {
    struct Author: Decodable {
        let username: String
    }

    let iid: ChangeNumber
    let state: String
    let title: String
    let author: Author?
    /// Null while the source branch has no commits.
    let sha: CommitID?
    let source_branch: RefName
    let target_branch: RefName
    /// Null if the fork is gone.
    let source_project_id: Int64?
    let target_project_id: Int64?
    let draft: Bool?
    let work_in_progress: Bool?
    let web_url: String?
    let merge_commit_sha: CommitID?
    let squash_commit_sha: CommitID?

    /// The target's commit after the merge. A merge without a commit of its own moved the target to the head.
    var mergedCommit: String? { merge_commit_sha?.text ?? squash_commit_sha?.text ?? sha?.text }

    var change: ForgeChange? {
        guard let head = sha?.text else { return nil }
        // `locked` means that it is being merged right now.
        let now: ForgeChange.State = state == "merged" ? .merged : state == "closed" ? .closed : .open
        return ForgeChange(
            number: iid.value, head: head, target: target_branch.branch, source: source_branch.branch, title: title,
            author: author?.username ?? "ghost",
            isFork: source_project_id == nil || source_project_id != target_project_id,
            isDraft: draft ?? work_in_progress ?? false, url: web_url, state: now)
    }
}
