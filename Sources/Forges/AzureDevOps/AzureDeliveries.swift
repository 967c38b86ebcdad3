import Foundation

/// Source: learn.microsoft.com, "Service hooks events"; its recorded samples.
extension AzureDevOpsForge {
    func deliveryID(of delivery: Delivery) -> String? {
        guard let notice = try? decode(AzureNotice.self, from: delivery.body, what: "a delivery"), let id = notice.id,
            !id.isEmpty
        else { return nil }
        return notice.notificationId.map { "\(id)/\($0)" } ?? id
    }

    /// Azure DevOps does not sign deliveries. It sends a name and a password (RFC 7617).
    ///
    /// - Parameter secret: `name:password`, or a password without a colon, which is accepted with any name.
    func isAuthentic(_ delivery: Delivery, secret: String, allowsSHA1: Bool, hmac: HMACFunction) -> Bool {
        guard !secret.isEmpty, let header = delivery.headers["Authorization"],
            header.prefix(6).lowercased() == "basic ", let pair = Data(base64Encoded: String(header.dropFirst(6)))
        else { return false }
        if secret.contains(":") { return isEqualInConstantTime(Array(pair), Array(secret.utf8)) }
        guard let colon = pair.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return isEqualInConstantTime(Array(pair[(colon + 1)...]), Array(secret.utf8))
    }

    func meaning(of delivery: Delivery) throws(ForgeError) -> ForgeEvent {
        let kind = try decode(AzureNotice.self, of: delivery, what: "Azure DevOps's delivery").eventType
        let what = "Azure DevOps's \(kind) delivery"
        let known = ["git.push", "git.pullrequest.created", "git.pullrequest.updated", "git.pullrequest.merged"]
        guard known.contains(kind) else { return .ignored(reason: "\(kind) starts nothing") }
        let repository = try decode(AzureResource<AzureOrigin>.self, of: delivery, what: what).resource.repository
        if let repository, !repository.isCalled(settings.repositorySegments) {
            return .ignored(reason: otherRepository(repository.path, settings))
        }
        if kind == "git.push" {
            return try decode(AzureResource<AzurePush>.self, of: delivery, what: what).resource.event
        }
        let pull = try decode(AzureResource<AzurePullRequest>.self, of: delivery, what: what).resource
        return Self.event(kind, pull)
    }

    /// `git.pullrequest.merged` only says that the server tried a merge, as it does after every push to either branch.
    private static func event(_ kind: String, _ pull: AzurePullRequest) -> ForgeEvent {
        let action: ChangeMove.Action
        switch (pull.status, kind) {
        case ("completed", _) where pull.mergeStatus == nil || pull.mergeStatus == "succeeded": action = .merged
        case ("completed", _): return .ignored(reason: "its merge is not done: \(pull.mergeStatus ?? "unknown")")
        case ("abandoned", _): action = .closed
        case (_, "git.pullrequest.created"): action = .opened
        case (_, "git.pullrequest.updated"): action = .updated
        default: return .ignored(reason: "a merge was tried, and the change is still open")
        }
        return .changeMoved(
            ChangeMove(
                number: pull.pullRequestId.value, action: action, head: pull.lastMergeSourceCommit?.commitId.text,
                target: pull.targetRefName.branch, isDraft: pull.isDraft))
    }
}

/// The common part of all Azure DevOps deliveries.
struct AzureNotice: Decodable {
    let eventType: String
    let publisherId: String?
    let id: String?
    let notificationId: Int64?
}

private struct AzureResource<Resource: Decodable>: Decodable {
    let resource: Resource
}

private struct AzureOrigin: Decodable {
    struct Named: Decodable {
        let id: String?
        let name: String?

        func isCalled(_ text: String) -> Bool {
            [id, name].contains { $0.map { isSame($0, text) } ?? false }
        }
    }

    struct Repository: Decodable {
        let id: String?
        let name: String?
        let project: Named?

        var path: String { [project?.name, name].compactMap { $0 }.joined(separator: "/") }

        /// Ignores the organization, which deliveries do not name.
        func isCalled(_ segments: [String]) -> Bool {
            Named(id: id, name: name).isCalled(segments[2]) && project?.isCalled(segments[1]) ?? true
        }
    }

    let repository: Repository?
}

private struct AzurePush: Decodable {
    struct Update: Decodable {
        let name: RefName
        let oldObjectId: CommitID
        let newObjectId: CommitID
    }

    let refUpdates: [Update]

    var event: ForgeEvent {
        let refs = refUpdates.filter(\.name.isBranchOrTag).map {
            PushedRef(ref: $0.name.text, from: $0.oldObjectId.text, to: $0.newObjectId.text)
        }
        return refs.isEmpty ? .ignored(reason: "no branch and no tag was pushed") : .pushed(refs)
    }
}
