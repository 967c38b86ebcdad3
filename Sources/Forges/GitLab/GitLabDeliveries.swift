import Foundation

/// Source: docs.gitlab.com, "Webhooks" and "Webhook events"; standardwebhooks.com, version 1.0, for signing tokens.
extension GitLabForge {
    func deliveryID(of delivery: Delivery) -> String? {
        delivery.headers["Idempotency-Key"] ?? delivery.headers["webhook-id"]
            ?? delivery.headers["X-Gitlab-Event-UUID"]
    }

    func signingTime(of delivery: Delivery) -> Int64? {
        guard delivery.headers["webhook-signature"] != nil else { return nil }
        return delivery.headers["webhook-timestamp"].flatMap { Int64($0) }
    }

    /// A secret that begins with `whsec_` is a signing token, and the delivery must be signed. Any other secret is
    /// compared with the token in the delivery.
    func isAuthentic(_ delivery: Delivery, secret: String, allowsSHA1: Bool, hmac: HMACFunction) -> Bool {
        guard !secret.isEmpty else { return false }
        guard secret.hasPrefix("whsec_") else {
            return delivery.headers["X-Gitlab-Token"].map { isEqualInConstantTime($0, secret) } ?? false
        }
        guard let key = Data(base64Encoded: String(secret.dropFirst("whsec_".count))), !key.isEmpty,
            let id = delivery.headers["webhook-id"], let time = delivery.headers["webhook-timestamp"],
            let signatures = delivery.headers["webhook-signature"], signingTime(of: delivery) != nil
        else { return false }
        let code = hmac(.sha256, Array(key), Array("\(id).\(time).".utf8) + delivery.body)
        let expected = "v1,\(Data(code).base64EncodedString())"
        // There are several signatures while a token is replaced. All are compared, so the time does not reveal which
        // one matched.
        var isOne = false
        for signature in signatures.split(separator: " ") where isEqualInConstantTime(String(signature), expected) {
            isOne = true
        }
        return isOne
    }

    func meaning(of delivery: Delivery) throws(ForgeError) -> ForgeEvent {
        guard let kind = delivery.headers["X-Gitlab-Event"] else {
            throw .unreadable(what: "the delivery", place: "its headers are not GitLab's")
        }
        let what = "GitLab's \(kind) delivery"
        guard ["Push Hook", "Tag Push Hook", "Merge Request Hook"].contains(kind) else {
            return .ignored(reason: "\(kind) starts nothing")
        }
        let project = try decode(ProjectNotice.self, of: delivery, what: what).project
        if let project, !project.isCalled(settings.repository) {
            return .ignored(reason: otherRepository(project.path_with_namespace, settings))
        }
        guard kind == "Merge Request Hook" else { return try decode(PushNotice.self, of: delivery, what: what).event }
        return try decode(MergeRequestNotice.self, of: delivery, what: what).event
    }
}

private struct ProjectNotice: Decodable {
    struct Project: Decodable {
        let id: Int64?
        let path_with_namespace: String

        func isCalled(_ name: String) -> Bool {
            isSame(path_with_namespace, name) || id.map { "\($0)" == name } ?? false
        }
    }

    let project: Project?
}

private struct MergeRequestNotice: Decodable {
    struct Commit: Decodable {
        let id: CommitID
    }

    struct Attributes: Decodable {
        let iid: ChangeNumber
        let target_branch: RefName
        let title: String
        let last_commit: Commit?
        let action: String?
        /// The previous head, if an update changed it.
        let oldrev: CommitID?
        let draft: Bool?
        let work_in_progress: Bool?
    }

    /// The attributes that an update changed; their values do not matter here.
    struct Changes: Decodable {
        struct Whatever: Decodable {
            init(from decoder: any Decoder) {}
        }

        let names: Set<String>

        init(from decoder: any Decoder) throws {
            names = Set(try decoder.singleValueContainer().decode([String: Whatever].self).keys)
        }
    }

    let object_attributes: Attributes
    let changes: Changes?

    var event: ForgeEvent {
        let merge = object_attributes
        let action: ChangeMove.Action
        switch merge.action {
        case "open", "reopen": action = .opened
        case "update" where merge.oldrev?.text != nil: action = .updated
        case "update" where !isEdit: return .ignored(reason: "an update that changes neither head, target nor title")
        case "update": action = .edited
        case "close": action = .closed
        case "merge": action = .merged
        case let other: return .ignored(reason: "merge request \(other ?? "without action") changes nothing")
        }
        return .changeMoved(
            ChangeMove(
                number: merge.iid.value, action: action, head: merge.last_commit?.id.text,
                target: merge.target_branch.branch, isDraft: merge.draft ?? merge.work_in_progress))
    }

    /// An update may have changed anything, unless it names only attributes that do not matter. When the target
    /// branch changed, GitLab was seen to name only `merge_status`.
    private var isEdit: Bool {
        guard let names = changes?.names, !names.isEmpty else { return true }
        return !names.isSubset(of: Self.besidesTheChange)
    }

    private static let besidesTheChange: Set<String> = [
        "assignees", "discussion_locked", "labels", "last_edited_at", "last_edited_by_id", "milestone_id", "reviewers",
        "time_change", "time_estimate", "total_time_spent", "updated_at", "updated_by_id",
    ]
}
