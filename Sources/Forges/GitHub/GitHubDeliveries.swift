/// Source: docs.github.com, "Webhook events and payloads" and "Validating webhook deliveries".
extension GitHubForge {
    func deliveryID(of delivery: Delivery) -> String? { delivery.headers["X-GitHub-Delivery"] }

    func isAuthentic(_ delivery: Delivery, secret: String, allowsSHA1: Bool, hmac: HMACFunction) -> Bool {
        if let signature = delivery.headers["X-Hub-Signature-256"] {
            return isSigned(delivery.body, signature, prefix: "sha256=", secret: secret, .sha256, hmac)
        }
        guard allowsSHA1, let signature = delivery.headers["X-Hub-Signature"] else { return false }
        return isSigned(delivery.body, signature, prefix: "sha1=", secret: secret, .sha1, hmac)
    }

    func meaning(of delivery: Delivery) throws(ForgeError) -> ForgeEvent {
        guard let kind = delivery.headers["X-GitHub-Event"], ForgeKind.identify(delivery) == .github else {
            throw .unreadable(what: "the delivery", place: "its headers are not GitHub's")
        }
        let what = "GitHub's \(kind) delivery"
        if kind == "ping" { return .ping }
        guard ["push", "pull_request", "create", "delete"].contains(kind) else {
            return .ignored(reason: "\(kind) starts nothing")
        }
        if let refusal = try RepositoryNotice.refusal(delivery, what: what, settings: settings) { return refusal }
        switch kind {
        case "push": return try decode(PushNotice.self, of: delivery, what: what).event
        case "pull_request": return Self.event(try decode(PullRequestNotice.self, of: delivery, what: what))
        default: return .ignored(reason: "\(kind): its push delivery says the same")
        }
    }

    private static func event(_ notice: PullRequestNotice) -> ForgeEvent {
        let pull = notice.pull_request
        let action: ChangeMove.Action
        switch notice.action {
        case "opened", "reopened": action = .opened
        case "synchronize": action = .updated
        case "edited", "ready_for_review", "converted_to_draft": action = .edited
        case "closed": action = pull.merged == true ? .merged : .closed
        default: return .ignored(reason: "pull_request \(notice.action) changes neither head nor target")
        }
        return pull.move(action, isDraft: pull.draft)
    }
}
