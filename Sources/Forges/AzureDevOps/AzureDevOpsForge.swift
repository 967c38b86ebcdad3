import Foundation

/// Azure DevOps. Source: learn.microsoft.com, "Azure DevOps Services REST API", version 7.1.
struct AzureDevOpsForge: Forge {
    static let traits = ForgeTraits(
        name: "Azure DevOps", publicAPI: "https://dev.azure.com", repositoryForm: "organization/project/name",
        isRepository: { $0.count == 3 })

    let settings: ForgeSettings
    /// The source branches are in the repository itself, or in the fork. `refs/pull/*/merge` has the server's own
    /// merges. The head is a parent of that merge, which is the only ref for a fork's change.
    let changeRefs: String? = "refs/pull/*/merge"

    static let pageSize = 100

    init(_ settings: ForgeSettings) { self.settings = settings }

    func listChanges(page: Int) -> ForgeRequest {
        request(
            "GET", ["pullrequests"],
            query: [
                ("searchCriteria.status", "active"), ("$top", "\(Self.pageSize)"),
                ("$skip", "\((pageNumber(page) - 1) * Self.pageSize)"),
            ])
    }

    func changes(in answer: ForgeResponse) throws(ForgeError) -> (changes: [ForgeChange], hasMore: Bool) {
        struct List: Decodable {
            let value: [AzurePullRequest]
        }
        let list = try read(List.self, from: answer, what: "list of pull requests").value
        return (list.compactMap { $0.change(page: page($0)) }, list.count >= Self.pageSize)
    }

    func change(_ number: Int64) -> ForgeRequest { request("GET", ["pullrequests", "\(number)"]) }

    func change(in answer: ForgeResponse) throws(ForgeError) -> ForgeChange {
        let pull = try read(AzurePullRequest.self, from: answer, what: "pull request")
        guard let change = pull.change(page: page(pull)) else {
            throw .unreadable(
                what: "Azure DevOps's pull request \(pull.pullRequestId.value)", place: "it has no commits")
        }
        return change
    }

    func setStatus(_ status: CommitStatus) -> ForgeRequest {
        let state =
            switch status.state {
            case .pending: "pending"
            case .success: "succeeded"
            case .failure: "failed"
            case .error: "error"
            }
        // The genre groups names: in `espalier/gate`, `espalier` is the genre.
        let parts = status.context.split(separator: "/", maxSplits: 1).map(String.init)
        let context = parts.count == 2 ? ["genre": parts[0], "name": parts[1]] : ["name": status.context]
        return request(
            "POST", ["commits", status.commit, "statuses"],
            body: .object(of: [
                "state": .text(state), "description": .text(cut(status.description, to: 255)),
                "context": .object(context.mapValues(JSON.text)), "targetUrl": status.targetURL.map(JSON.text),
            ]))
    }

    func merge(_ order: MergeOrder) -> ForgeRequest {
        let strategy =
            switch order.method {
            case .merge: "noFastForward"
            case .squash: "squash"
            case .rebase: "rebase"
            }
        return request(
            "PATCH", ["pullrequests", "\(order.number)"],
            body: .object([
                "status": "completed", "lastMergeSourceCommit": .object(["commitId": .text(order.head)]),
                "completionOptions": .object([
                    "mergeStrategy": .text(strategy), "mergeCommitMessage": .text(order.text),
                    "deleteSourceBranch": false,
                ]),
            ]))
    }

    func mergeAnswer(_ answer: ForgeResponse) -> MergeAnswer {
        let (said, exception) = (Refusal.message(in: answer), Refusal.read(answer)?.typeKey ?? "")
        switch answer.status {
        case 200:
            guard let pull = try? decode(AzurePullRequest.self, from: answer.body, what: "a merge") else {
                return .underway
            }
            return Self.outcome(of: pull)
        case 400...409 where exception.contains("PullRequestStale") || said.contains("TF401192"): return .headMoved
        case 400...409 where exception.contains("RejectedByPolicy"): return .notMergeable(reason: said)
        case 409: return .notMergeable(reason: said)
        default: return mergeFailure(answer)
        }
    }

    /// `completed` is only the request; `mergeStatus` is the result.
    private static func outcome(of pull: AzurePullRequest) -> MergeAnswer {
        switch (pull.status, pull.mergeStatus) {
        case ("completed", "succeeded"): .merged(commit: pull.lastMergeCommit?.commitId.text)
        case ("abandoned", _): .notMergeable(reason: "it was abandoned")
        case (_, "conflicts"): .notMergeable(reason: "it conflicts with its target: rebase, and push again")
        case (_, "rejectedByPolicy"): .notMergeable(reason: "a policy of the target does not let it be merged")
        case (_, "failure"): .notMergeable(reason: pull.mergeFailureMessage ?? "the merge failed")
        default: .underway
        }
    }

    private func page(_ pull: AzurePullRequest) -> String {
        let segments = settings.repositorySegments.map(escaped)
        let place = [segments[0], segments[1], "_git", segments[2], "pullrequest", "\(pull.pullRequestId.value)"]
        return ([settings.api] + place).joined(separator: "/")
    }

    private func request(
        _ method: String, _ path: [String], query: [(String, String)] = [], body: JSON? = nil
    ) -> ForgeRequest {
        var headers: [String: String] = [:]
        headers["Authorization"] = settings.token.map { "Basic \(Data(":\($0)".utf8).base64EncodedString())" }
        let segments = settings.repositorySegments
        return settings.request(
            method, [segments[0], segments[1], "_apis", "git", "repositories", segments[2]] + path,
            query: query + [("api-version", "7.1")], headers: headers, body: body)
    }
}
