/// A pull request in GitHub's format, which Gitea and Forgejo also use. Source: docs.github.com, "Get a pull request";
/// Gitea's `modules/structs/pull.go`.
struct PullRequest: Decodable {
    struct Repository: Decodable {
        let full_name: String
    }

    struct Head: Decodable {
        let ref: RefName
        let sha: CommitID
        /// Null if the repository is gone.
        let repo: Repository?
    }

    struct Base: Decodable {
        let ref: RefName
        let repo: Repository?
    }

    struct User: Decodable {
        let login: String
    }

    let number: ChangeNumber
    let state: String
    let title: String
    /// Null if the account is gone; GitHub then shows `ghost`.
    let user: User?
    let head: Head
    let base: Base
    let draft: Bool?
    let merged: Bool?
    let merged_at: String?
    let html_url: String?

    /// A head without a repository counts as a fork: unknown is not trusted.
    var isFork: Bool {
        guard let from = head.repo?.full_name, let into = base.repo?.full_name else { return true }
        return !isSame(from, into)
    }

    /// Lists have no `merged`, only its time.
    var currentState: ForgeChange.State {
        if state == "open" { return .open }
        return merged == true || (merged == nil && merged_at != nil) ? .merged : .closed
    }

    /// Nil if it has no commit yet.
    func change(isDraft: Bool) -> ForgeChange? {
        guard let commit = head.sha.text else { return nil }
        return ForgeChange(
            number: number.value, head: commit, target: base.ref.branch, source: head.ref.branch, title: title,
            author: user?.login ?? "ghost", isFork: isFork, isDraft: isDraft, url: html_url, state: currentState)
    }

    func move(_ action: ChangeMove.Action, isDraft: Bool?) -> ForgeEvent {
        .changeMoved(
            ChangeMove(
                number: number.value, action: action, head: head.sha.text, target: base.ref.branch, isDraft: isDraft))
    }
}

/// A merged pull request says so in addition to the action that closed it.
struct PullRequestNotice: Decodable {
    let action: String
    let pull_request: PullRequest
}

/// A push in GitHub's format. GitLab's and Gitea's have the same three keys.
struct PushNotice: Decodable {
    let ref: RefName
    let before: CommitID
    let after: CommitID

    var event: ForgeEvent {
        guard ref.isBranchOrTag else { return .ignored(reason: "\(ref.text) is neither a branch nor a tag") }
        guard before.text != nil || after.text != nil else {
            return .ignored(reason: "\(ref.text) existed neither before nor after the push")
        }
        return .pushed([PushedRef(ref: ref.text, from: before.text, to: after.text)])
    }
}

/// The repository of a GitHub or Gitea delivery.
struct RepositoryNotice: Decodable {
    let repository: PullRequest.Repository?

    /// Why a delivery is not for this project; nil if it is. Organizations send the deliveries of all their
    /// repositories.
    static func refusal(_ delivery: Delivery, what: String, settings: ForgeSettings) throws(ForgeError) -> ForgeEvent? {
        let notice = try decode(RepositoryNotice.self, of: delivery, what: what)
        guard let name = notice.repository?.full_name, !isSame(name, settings.repository) else { return nil }
        return .ignored(reason: otherRepository(name, settings))
    }
}

func otherRepository(_ name: String, _ settings: ForgeSettings) -> String {
    "it is about \(name), not about \(settings.repository)"
}
