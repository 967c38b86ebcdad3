import Foundation
import Testing

@testable import Forges

/// What every forge's deliveries mean, whatever their format.
@Suite struct MeaningTests {
    @Test(arguments: ForgeKind.allCases) func aPushMovesABranch(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        let forge = try sample.forge
        func meaning(_ ref: String, _ from: String, _ to: String) throws -> ForgeEvent {
            try forge.meaning(of: try sample.push(ref, from: from, to: to))
        }
        #expect(
            try meaning("refs/heads/main", one, two)
                == .pushed([PushedRef(ref: "refs/heads/main", from: one, to: two)]))
        #expect(
            try meaning("refs/heads/new", zero, two) == .pushed([PushedRef(ref: "refs/heads/new", from: nil, to: two)]))
        #expect(
            try meaning("refs/tags/v1", one, zero) == .pushed([PushedRef(ref: "refs/tags/v1", from: one, to: nil)]))
        guard case .ignored = try meaning("refs/pull/7/head", one, two) else {
            Issue.record("a ref that is neither branch nor tag has to be ignored")
            return
        }
    }

    @Test(arguments: ForgeKind.allCases) func aChangeMoves(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        let forge = try sample.forge
        for action in ChangeMove.Action.allCases {
            // Azure DevOps does not tell an edit from an update.
            let expected = kind == .azureDevOps && action == .edited ? .updated : action
            for isDraft in [false, true] {
                let event = try forge.meaning(of: try sample.moved(action, isDraft: isDraft))
                let move = ChangeMove(number: 7, action: expected, head: one, target: "main", isDraft: isDraft)
                #expect(event == .changeMoved(move), "\(kind) \(action)")
            }
        }
    }

    @Test(arguments: ForgeKind.allCases) func anotherRepositoryIsNotOurs(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        let other = try ForgeSettings(
            kind: kind, api: "https://git.example.org",
            repository: kind == .azureDevOps ? "acme/ml/others" : "acme/others")
        for delivery in [try sample.push("refs/heads/main", from: one, to: two), try sample.moved(.opened)] {
            guard case .ignored(let reason) = try forge(for: other).meaning(of: delivery) else {
                Issue.record("\(kind) took a delivery of another repository")
                continue
            }
            #expect(reason.contains("models") && reason.contains("acme"), "\(reason)")
        }
    }

    @Test(arguments: ForgeKind.allCases) func whatIsMissingIsNamed(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        let whole = try sample.push("refs/heads/main", from: one, to: two)
        let text = String(decoding: whole.body, as: UTF8.self)
        let key = kind == .azureDevOps ? "newObjectId" : "after"
        func trouble(_ body: String) throws -> String {
            let delivery = Delivery(headers: whole.headers, body: Array(body.utf8))
            let error = #expect(throws: ForgeError.self) { try Sample(kind: kind).forge.meaning(of: delivery) }
            return try #require(error).description
        }
        #expect(try trouble(text.replacing("\"\(key)\"", with: "\"else\"")).contains("\(key) is missing"))
        #expect(try trouble(text.replacing("\"\(two)\"", with: "7")).contains("\(key) is no String"))
        #expect(try trouble(text.replacing("\"\(two)\"", with: "null")).contains("\(key) is null"))
        #expect(try trouble(text.replacing(two, with: "main")).contains("hexadecimal"))
        let evil = text.replacing("refs/heads/main", with: "refs/heads/*:evil")
        #expect(try trouble(evil).contains("does not allow this name"))
        #expect(try trouble(String(text.dropLast())).contains("not JSON"))
        #expect(try trouble("").contains("not JSON"))
        #expect(try trouble("payload=%7B%7D").contains("application/json"))
    }

    @Test func headersOfNobodyAreRefused() throws {
        for kind in ForgeKind.allCases {
            let forge = try Sample(kind: kind).forge
            #expect(throws: ForgeError.self) { try forge.meaning(of: Delivery(headers: [:], body: Array("{}".utf8))) }
        }
        let gitea = try Sample(kind: .gitea).push("refs/heads/main", from: one, to: two)
        #expect(throws: ForgeError.self, "GitHub's headers, sent by Gitea") {
            try Sample(kind: .github).forge.meaning(of: gitea)
        }
    }
}

/// What only one forge says.
@Suite struct ParticularMeaningTests {
    @Test(arguments: ["check_run", "check_suite", "status", "workflow_run", "pull_request_review", "merge_group"])
    func otherEventsOfGitHubStartNothing(event: String) throws {
        let delivery = try Sample(kind: .github).delivery(event, ["action": "completed"])
        #expect(try Sample(kind: .github).forge.meaning(of: delivery) == .ignored(reason: "\(event) starts nothing"))
    }

    @Test func gitHubPingsAndRepeatsItself() throws {
        let sample = Sample(kind: .github)
        #expect(try sample.forge.meaning(of: try sample.delivery("ping", ["zen": "Speak like a human."])) == .ping)
        for event in ["create", "delete"] {
            let delivery = try sample.delivery(event, ["ref": "topic", "ref_type": "branch"])
            guard case .ignored(let reason) = try sample.forge.meaning(of: delivery) else {
                Issue.record("\(event) is told by the push too")
                continue
            }
            #expect(reason.contains("push"))
        }
    }

    @Test func aDraftThatBecomesReadyIsAnEdit() throws {
        let sample = Sample(kind: .github)
        for (word, isDraft) in [("ready_for_review", false), ("converted_to_draft", true)] {
            let delivery = try sample.delivery(
                "pull_request", ["action": word, "pull_request": sample.change(isDraft: isDraft)])
            let move = ChangeMove(number: 7, action: .edited, head: one, target: "main", isDraft: isDraft)
            #expect(try sample.forge.meaning(of: delivery) == .changeMoved(move))
        }
        let labelled = try sample.delivery("pull_request", ["action": "labeled", "pull_request": sample.change()])
        guard case .ignored = try sample.forge.meaning(of: labelled) else {
            Issue.record("a label starts nothing")
            return
        }
    }

    @Test func giteaTellsADeletedBranchInItsOwnWay() throws {
        let sample = Sample(kind: .gitea)
        let deleted = try sample.delivery("delete", ["ref": "topic/x", "ref_type": "branch"])
        #expect(
            try sample.forge.meaning(of: deleted)
                == .pushed([PushedRef(ref: "refs/heads/topic/x", from: nil, to: nil)]))
        let forgejo = Delivery(headers: ["X-Forgejo-Event": "delete"], body: deleted.body)
        #expect(try sample.forge.meaning(of: forgejo) == sample.forge.meaning(of: deleted))
    }

    @Test func giteaMarksDraftsInTheTitle() throws {
        let sample = Sample(kind: .gitea)
        for (title, isDraft) in [("WIP: Faster", true), ("[wip] Faster", true), ("Faster", false)] {
            var body = sample.change()
            body["draft"] = nil
            body["title"] = title
            let change = try sample.forge.change(in: ForgeResponse(status: 200, body: try bytes(body)))
            #expect(change.isDraft == isDraft)
        }
    }

    @Test func gitLabsLabelsStartNothing() throws {
        let sample = Sample(kind: .gitlab)
        let attributes: [String: Any] = ["iid": 7, "target_branch": "main", "title": "Faster", "action": "update"]
        let delivery = try sample.delivery(
            "Merge Request Hook", ["object_attributes": attributes, "changes": ["labels": ["previous": []]]])
        guard case .ignored = try sample.forge.meaning(of: delivery) else {
            Issue.record("a label starts nothing")
            return
        }
        for event in ["Pipeline Hook", "Job Hook", "Note Hook", "System Hook"] {
            #expect(
                try sample.forge.meaning(of: try sample.delivery(event, [:]))
                    == .ignored(reason: "\(event) starts nothing"))
        }
    }

    @Test func aGitLabProjectMayBeNamedByItsNumber() throws {
        let delivery = try Sample(kind: .gitlab).push("refs/heads/main", from: one, to: two)
        let settings = try ForgeSettings(kind: .gitlab, repository: "5")
        #expect(
            try forge(for: settings).meaning(of: delivery)
                == .pushed([PushedRef(ref: "refs/heads/main", from: one, to: two)]))
    }

    @Test func azureDevOpsTriesMergesWithoutMerging() throws {
        let sample = Sample(kind: .azureDevOps)
        for (status, merge) in [("active", "succeeded"), ("completed", "conflicts"), ("completed", "queued")] {
            var body = sample.change()
            (body["status"], body["mergeStatus"]) = (status, merge)
            let delivery = try sample.delivery("", ["eventType": "git.pullrequest.merged", "resource": body])
            guard case .ignored = try sample.forge.meaning(of: delivery) else {
                Issue.record("\(status) \(merge) is not merged")
                continue
            }
        }
    }

    @Test func azureDevOpsTellsSeveralRefsAtOnce() throws {
        let sample = Sample(kind: .azureDevOps)
        let updates = ["refs/heads/a", "refs/notes/b", "refs/tags/c"].map {
            ["name": $0, "oldObjectId": one, "newObjectId": two]
        }
        let delivery = try sample.delivery("", ["eventType": "git.push", "resource": ["refUpdates": updates]])
        let refs = ["refs/heads/a", "refs/tags/c"].map { PushedRef(ref: $0, from: one, to: two) }
        #expect(try sample.forge.meaning(of: delivery) == .pushed(refs))
    }
}
