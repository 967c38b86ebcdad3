import Foundation
import Testing

@testable import Forges

@Suite struct MergeTests {
    @Test(arguments: ForgeKind.allCases) func theOrderNamesTheHead(_ kind: ForgeKind) throws {
        for method in MergeOrder.Method.allCases {
            let request = try Sample(kind: kind).forge.merge(
                MergeOrder(number: 7, head: one, method: method, title: "Merge 7", message: "Change: 7"))
            let body = try members(request)
            let azure = body["lastMergeSourceCommit"] as? [String: String]
            let head = (body["sha"] ?? body["head_commit_id"]) as? String
            #expect(head ?? azure?["commitId"] == one)
            #expect(request.url.contains("/7"))
        }
    }

    @Test(arguments: ForgeKind.allCases) func aMergeIsRead(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        let done: ForgeResponse =
            switch kind {
            case .github: answer(200, #"{"sha": "\#(two)", "merged": true, "message": "merged"}"#)
            case .gitea: answer(200)
            case .gitlab, .azureDevOps: ForgeResponse(status: 200, body: try bytes(sample.change(state: .merged)))
            }
        #expect(try sample.forge.mergeAnswer(done) == .merged(commit: kind == .gitea ? nil : two))
    }

    /// How each forge reports that the head is not the ordered one.
    @Test(arguments: [
        (ForgeKind.github, #"{"message": "Head branch was modified. Review and try the merge again."}"#),
        (.gitlab, #"{"message": "SHA does not match HEAD of source branch: 1234"}"#),
        (.gitea, #"{"message": "head out of date", "url": "https://git.example.org/api/swagger"}"#),
        (.gitea, #"{"message": "head target does not match"}"#),
        (.azureDevOps, #"{"message": "TF401192: The source has changed.", "typeKey": "GitPullRequestStaleException"}"#),
    ])
    func anotherHeadIsTold(kind: ForgeKind, body: String) throws {
        #expect(try Sample(kind: kind).forge.mergeAnswer(answer(409, body)) == .headMoved)
    }

    /// How each forge reports that a person has to act first.
    @Test(arguments: [
        (ForgeKind.github, 405, #"{"message": "Pull Request is not mergeable"}"#),
        (.gitlab, 405, #"{"message": "405 Method Not Allowed"}"#),
        (.gitlab, 422, #"{"message": "Branch cannot be merged"}"#),
        (.gitlab, 409, #"{"message": "conflict"}"#),
        (.gitea, 405, #"{"message": "Does not have enough approvals"}"#),
        (.gitea, 409, #"{"Style": "merge", "StdOut": "CONFLICT (content)"}"#),
        (.gitea, 409, #"{"message": "PushRejected with remote message: no"}"#),
        (.azureDevOps, 403, #"{"message": "No.", "typeKey": "GitPullRequestUpdateRejectedByPolicyException"}"#),
        (.azureDevOps, 409, #"{"message": "TF401181: it is not active."}"#),
    ])
    func whatCannotBeMergedIsTold(kind: ForgeKind, status: Int, body: String) throws {
        guard case .notMergeable(let reason) = try Sample(kind: kind).forge.mergeAnswer(answer(status, body)) else {
            Issue.record("\(kind) \(status)")
            return
        }
        #expect(!reason.isEmpty)
    }

    /// How each forge reports that the same order may succeed in a moment.
    @Test(arguments: [
        (ForgeKind.github, 405, #"{"message": "Base branch was modified. Review and try the merge again."}"#),
        (.github, 405, #"{"message": "Merge already in progress"}"#),
        (.gitea, 405, #"{"message": "Please try again later"}"#),
        (.gitea, 409, #"{"message": "merge push out of date"}"#),
    ])
    func aBusyTargetMayPass(kind: ForgeKind, status: Int, body: String) throws {
        guard case .failed(true, _) = try Sample(kind: kind).forge.mergeAnswer(answer(status, body)) else {
            Issue.record("\(kind) \(status)")
            return
        }
    }

    @Test(arguments: ForgeKind.allCases) func otherFailuresAreAsEverywhere(_ kind: ForgeKind) throws {
        let forge = try Sample(kind: kind).forge
        for (status, mayPass) in [(401, false), (404, false), (429, true), (500, true), (204, false)] {
            guard case .failed(mayPass, _) = forge.mergeAnswer(answer(status, "{}")) else {
                Issue.record("\(kind) \(status): \(forge.mergeAnswer(answer(status, "{}")))")
                continue
            }
        }
    }

    @Test func azureDevOpsMergesLater() throws {
        let sample = Sample(kind: .azureDevOps)
        func outcome(_ status: String, _ merge: String) throws -> MergeAnswer {
            var body = sample.change()
            (body["status"], body["mergeStatus"]) = (status, merge)
            return try sample.forge.mergeAnswer(ForgeResponse(status: 200, body: try bytes(body)))
        }
        #expect(try outcome("completed", "queued") == .underway)
        #expect(try outcome("active", "succeeded") == .underway)
        #expect(try outcome("completed", "succeeded") == .merged(commit: two))
        for merge in ["conflicts", "rejectedByPolicy", "failure"] {
            guard case .notMergeable = try outcome("active", merge) else {
                Issue.record("\(merge)")
                continue
            }
        }
    }
}
