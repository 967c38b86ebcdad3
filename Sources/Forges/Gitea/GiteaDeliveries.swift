/// Source: Gitea's `services/webhook/deliver.go` and `modules/structs/hook.go`; Forgejo's are the same under its own name.
extension GiteaForge {
    func deliveryID(of delivery: Delivery) -> String? {
        delivery.headers["X-Forgejo-Delivery"] ?? delivery.headers["X-Gitea-Delivery"]
    }

    func isAuthentic(_ delivery: Delivery, secret: String, allowsSHA1: Bool, hmac: HMACFunction) -> Bool {
        if let signature = delivery.headers["X-Forgejo-Signature"] ?? delivery.headers["X-Gitea-Signature"] {
            return isSigned(delivery.body, signature, prefix: "", secret: secret, .sha256, hmac)
        }
        guard let signature = delivery.headers["X-Hub-Signature-256"] else { return false }
        return isSigned(delivery.body, signature, prefix: "sha256=", secret: secret, .sha256, hmac)
    }

    func meaning(of delivery: Delivery) throws(ForgeError) -> ForgeEvent {
        guard let kind = delivery.headers["X-Forgejo-Event"] ?? delivery.headers["X-Gitea-Event"] else {
            throw .unreadable(what: "the delivery", place: "its headers are not Gitea's")
        }
        let what = "Gitea's \(kind) delivery"
        guard ["push", "pull_request", "create", "delete"].contains(kind) else {
            return .ignored(reason: "\(kind) starts nothing")
        }
        if let refusal = try RepositoryNotice.refusal(delivery, what: what, settings: settings) { return refusal }
        switch kind {
        case "push": return try decode(PushNotice.self, of: delivery, what: what).event
        case "pull_request": return Self.event(try decode(PullRequestNotice.self, of: delivery, what: what))
        case "delete": return try decode(DeletionNotice.self, of: delivery, what: what).event
        default: return .ignored(reason: "\(kind): its push delivery says the same")
        }
    }

    private static func event(_ notice: PullRequestNotice) -> ForgeEvent {
        let pull = notice.pull_request
        let action: ChangeMove.Action
        switch notice.action {
        case "opened", "reopened": action = .opened
        case "synchronized": action = .updated
        case "edited": action = .edited
        case "closed": action = pull.merged == true ? .merged : .closed
        default: return .ignored(reason: "pull_request \(notice.action) changes neither head nor target")
        }
        return pull.move(action, isDraft: isDraft(pull))
    }
}

/// Gitea sends no push when a branch is deleted.
private struct DeletionNotice: Decodable {
    let ref: RefName
    let ref_type: String

    var event: ForgeEvent {
        if ref.isBranchOrTag { return .pushed([PushedRef(ref: ref.text, from: nil, to: nil)]) }
        switch ref_type {
        case "branch": return .pushed([PushedRef(ref: "refs/heads/\(ref.text)", from: nil, to: nil)])
        case "tag": return .pushed([PushedRef(ref: "refs/tags/\(ref.text)", from: nil, to: nil)])
        default: return .ignored(reason: "a \(ref_type) is neither a branch nor a tag")
        }
    }
}
