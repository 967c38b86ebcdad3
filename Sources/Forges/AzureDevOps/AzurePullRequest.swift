/// Source: learn.microsoft.com, "Pull Requests - Get Pull Request" (GitPullRequest), version 7.1.
struct AzurePullRequest: Decodable {
    struct Commit: Decodable {
        let commitId: CommitID
    }

    struct Identity: Decodable {
        let displayName: String?
        /// The login name.
        let uniqueName: String?
    }

    /// Present only for changes from forks.
    struct Fork: Decodable {}

    let pullRequestId: ChangeNumber
    /// `active`, `completed` (merged, or about to be) or `abandoned`.
    let status: String
    /// The last merge that the server tried: `queued`, `succeeded`, `conflicts`, `rejectedByPolicy`, `failure`.
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

    /// - Parameter page: its web page, which answers do not contain.
    func change(page: String) -> ForgeChange? {
        guard let head = lastMergeSourceCommit?.commitId.text else { return nil }
        let state: ForgeChange.State
        switch status {
        case "abandoned": state = .closed
        // `completed` is only the request; `mergeStatus` says whether it is merged.
        case "completed": state = mergeStatus ?? "succeeded" == "succeeded" ? .merged : .open
        default: state = .open
        }
        return ForgeChange(
            number: pullRequestId.value, head: head, target: targetRefName.branch, source: sourceRefName.branch,
            title: title, author: createdBy?.uniqueName ?? createdBy?.displayName ?? "unknown",
            isFork: forkSource != nil, isDraft: isDraft ?? false, url: page, state: state)
    }
}
