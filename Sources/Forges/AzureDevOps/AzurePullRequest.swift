/// Source: learn.microsoft.com, "Pull Requests - Get Pull Request" (GitPullRequest), version 7.1.
struct AzurePullRequest: Decodable {
    struct Commit: Decodable {
        let commitId: CommitID
    }

    struct Identity: Decodable {
        let displayName: String?
        /// The name it signs in with.
        let uniqueName: String?
    }

    /// Only there for changes from forks.
    struct Fork: Decodable {}

    let pullRequestId: ChangeNumber
    /// `active`, `completed` (merged, or about to be) or `abandoned`.
    let status: String
    /// Of the last merge the server tried: `queued`, `succeeded`, `conflicts`, `rejectedByPolicy`, `failure`.
    let mergeStatus: String?
    let mergeFailureMessage: String?
    let title: String
    let createdBy: Identity?
    let sourceRefName: RefName
    let targetRefName: RefName
    let isDraft: Bool?
    let lastMergeSourceCommit: Commit?
    let lastMergeCommit: Commit?
    let forkSource: Fork?

    /// - Parameter page: its web page, which answers do not tell.
    func change(page: String) -> ForgeChange? {
        guard let head = lastMergeSourceCommit?.commitId.text else { return nil }
        let state: ForgeChange.State
        switch status {
        case "abandoned": state = .closed
        // Completed is what somebody wants; whether it is merged is said beside it.
        case "completed": state = mergeStatus ?? "succeeded" == "succeeded" ? .merged : .open
        default: state = .open
        }
        return ForgeChange(
            number: pullRequestId.value, head: head, target: targetRefName.branch, source: sourceRefName.branch,
            title: title, author: createdBy?.uniqueName ?? createdBy?.displayName ?? "unknown",
            isFork: forkSource != nil, isDraft: isDraft ?? false, url: page, state: state)
    }
}
