import Digests
import Foundation

@testable import Forges

let one = String(repeating: "1", count: 40)
let two = String(repeating: "2", count: 40)
let zero = String(repeating: "0", count: 40)

/// The same facts as each forge writes them, cut down to what matters.
struct Sample {
    let kind: ForgeKind

    var settings: ForgeSettings {
        get throws {
            try ForgeSettings(
                kind: kind, api: kind == .gitea ? "https://git.example.org" : nil,
                repository: kind == .azureDevOps ? "acme/ml/models" : "acme/models", token: "hush")
        }
    }

    var forge: any Forge { get throws { Forges.forge(for: try settings) } }

    func delivery(_ event: String, _ body: [String: Any]) throws -> Delivery {
        let name: HeaderFields =
            switch kind {
            case .github: ["X-GitHub-Event": event]
            case .gitlab: ["x-gitlab-event": event]
            case .gitea: ["X-Gitea-Event": event, "X-GitHub-Event": event]
            case .azureDevOps: [:]
            }
        return Delivery(headers: name, body: try bytes(body))
    }

    func push(_ ref: String, from: String, to: String) throws -> Delivery {
        switch kind {
        case .github, .gitea:
            try delivery(
                "push", ["ref": ref, "before": from, "after": to, "repository": ["full_name": "Acme/models"]])
        case .gitlab:
            try delivery(
                "Push Hook",
                ["ref": ref, "before": from, "after": to, "project": ["id": 5, "path_with_namespace": "acme/models"]])
        case .azureDevOps:
            try delivery(
                "",
                [
                    "id": "d1", "notificationId": 3, "eventType": "git.push", "publisherId": "tfs",
                    "resource": [
                        "refUpdates": [["name": ref, "oldObjectId": from, "newObjectId": to]],
                        "repository": ["name": "models", "project": ["name": "ml"]],
                    ],
                ])
        }
    }

    /// Change 7 from `topic` into `main`.
    func moved(_ action: ChangeMove.Action, isDraft: Bool = false) throws -> Delivery {
        let state: ForgeChange.State =
            switch action {
            case .opened, .updated, .edited: .open
            case .closed: .closed
            case .merged: .merged
            }
        var body = change(state: state, isDraft: isDraft)
        switch kind {
        case .github, .gitea:
            let words: [ChangeMove.Action: String] = [
                .opened: "opened", .updated: kind == .github ? "synchronize" : "synchronized", .edited: "edited",
                .closed: "closed", .merged: "closed",
            ]
            return try delivery(
                "pull_request",
                [
                    "action": words[action] ?? "", "pull_request": body,
                    "repository": ["full_name": "acme/models"],
                ])
        case .gitlab:
            let words: [ChangeMove.Action: String] = [
                .opened: "open", .updated: "update", .edited: "update", .closed: "close", .merged: "merge",
            ]
            body["action"] = words[action]
            body["oldrev"] = action == .updated ? two : nil
            body["last_commit"] = ["id": one]
            return try delivery(
                "Merge Request Hook",
                [
                    "object_attributes": body, "changes": ["title": ["previous": "Slow", "current": "Fast"]],
                    "project": ["id": 5, "path_with_namespace": "acme/models"],
                ])
        case .azureDevOps:
            body["repository"] = ["name": "models", "project": ["name": "ml"]]
            let word = action == .opened ? "created" : action == .merged ? "merged" : "updated"
            return try delivery(
                "", ["id": "d2", "eventType": "git.pullrequest.\(word)", "publisherId": "tfs", "resource": body])
        }
    }

    func change(state: ForgeChange.State = .open, isFork: Bool = false, isDraft: Bool = false) -> [String: Any] {
        switch kind {
        case .github, .gitea:
            let from = isFork ? "eve/models" : "acme/models"
            return [
                "number": 7, "state": state == .open ? "open" : "closed", "title": "Faster", "draft": isDraft,
                "user": ["login": "ada"], "html_url": "https://forge.example/7", "merged": state == .merged,
                "merged_at": state == .merged ? "2026-01-01T00:00:00Z" : NSNull(),
                "head": ["ref": "topic", "sha": one, "repo": ["full_name": from]],
                "base": ["ref": "main", "sha": two, "repo": ["full_name": "acme/models"]],
            ]
        case .gitlab:
            return [
                "iid": 7, "state": state == .open ? "opened" : state.rawValue, "title": "Faster", "draft": isDraft,
                "author": ["username": "ada"], "web_url": "https://forge.example/7", "sha": one,
                "source_branch": "topic", "target_branch": "main", "source_project_id": isFork ? 6 : 5,
                "target_project_id": 5, "merge_commit_sha": state == .merged ? two : NSNull(),
            ]
        case .azureDevOps:
            let words: [ForgeChange.State: String] = [.open: "active", .closed: "abandoned", .merged: "completed"]
            var body: [String: Any] = [
                "pullRequestId": 7, "status": words[state] ?? "", "title": "Faster", "isDraft": isDraft,
                "createdBy": ["displayName": "Ada L", "uniqueName": "ada"], "mergeStatus": "succeeded",
                "sourceRefName": "refs/heads/topic", "targetRefName": "refs/heads/main",
                "lastMergeSourceCommit": ["commitId": one], "lastMergeCommit": ["commitId": two],
            ]
            if isFork { body["forkSource"] = ["name": "refs/heads/topic"] }
            return body
        }
    }

    func list(_ changes: [[String: Any]], hasMore: Bool = false) throws -> ForgeResponse {
        switch kind {
        case .github, .gitea:
            let list = "https://forge.example/list?page"
            let link = "<\(list)=2>; rel=\"next\", <\(list)=9>; rel=\"last\""
            return ForgeResponse(status: 200, headers: hasMore ? ["link": link] : [:], body: try bytes(changes))
        case .gitlab:
            let fields: HeaderFields = ["x-next-page": hasMore ? "2" : ""]
            return ForgeResponse(status: 200, headers: fields, body: try bytes(changes))
        case .azureDevOps:
            let page = hasMore ? (0..<100).compactMap { _ in changes.first } : changes
            return ForgeResponse(status: 200, body: try bytes(["value": page, "count": page.count]))
        }
    }
}

func bytes(_ value: Any) throws -> [UInt8] {
    let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]
    return Array(try JSONSerialization.data(withJSONObject: value, options: options))
}

func answer(_ status: Int, _ text: String = "", _ headers: HeaderFields = [:]) -> ForgeResponse {
    ForgeResponse(status: status, headers: headers, body: Array(text.utf8))
}

/// What a request's body says.
func members(_ request: ForgeRequest) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(request.body ?? [])) as? [String: Any] ?? [:]
}

func hmac(_ function: HashFunction, _ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    switch function {
    case .sha1: hmac(.sha1, key: key, message)
    case .sha256: hmac(.sha256, key: key, message)
    }
}
