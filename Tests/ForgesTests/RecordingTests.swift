import Foundation
import Testing

@testable import Forges

/// Deliveries of real forges are understood. The recordings are not part of the repository; without them, these tests say so
/// and do nothing.
@Suite(.enabled(if: Recordings.found != nil, "the recorded payloads are not there: set ESPALIER_SHARED"))
struct RecordingTests {
    let recordings: Recordings

    init() throws { recordings = try #require(Recordings.found) }

    @Test func everyDeliveryHasAMeaning() throws {
        let entries = try recordings.entries("webhook")
        #expect(entries.count > 50)
        var told: [String: String] = [:]
        for entry in entries {
            let delivery = try recordings.delivery(entry)
            guard let kind = ForgeKind(recorded: entry.forge) else {
                #expect(ForgeKind.identify(delivery) == nil, "\(entry.file)")
                continue
            }
            #expect(ForgeKind.identify(delivery) == kind, "\(entry.file)")
            let settings = try ForgeSettings.owner(of: delivery.body, kind)
            told[entry.file] = word(try forge(for: settings).meaning(of: delivery))
        }
        for (file, word) in Self.expected { #expect(told[file] == word, "\(file)") }
        #expect(Set(told.values).subtracting(["pushed", "deleted", "ping", "ignored"]).count >= 4)
    }

    /// A recorded delivery is not for another project.
    @Test func noDeliveryIsTakenForAnotherProject() throws {
        for entry in try recordings.entries("webhook") {
            guard let kind = ForgeKind(recorded: entry.forge) else { continue }
            let event = try Sample(kind: kind).forge.meaning(of: try recordings.delivery(entry))
            #expect(["ignored", "ping"].contains(word(event)), "\(entry.file)")
        }
    }

    @Test func everyAnswerIsUnderstood() throws {
        let entries = try recordings.entries("api_response")
        #expect(entries.count > 30)
        for entry in entries {
            let kind = try #require(ForgeKind(recorded: entry.forge))
            let forge = try Sample(kind: kind).forge
            let answer = ForgeResponse(status: 200, body: try recordings.bytes(entry.file))
            switch entry.file.split(separator: "/").last {
            case "pr.json", "merge.json":
                let change = try forge.change(in: answer)
                #expect(change.number > 0 && change.head.count == 40 && !change.isFork, "\(entry.file)")
            case "pulls.json", "prs.json", "merges.json":
                #expect(try forge.changes(in: answer).changes.count == 1, "\(entry.file)")
            case "error.json":
                let error = forge.trouble(in: ForgeResponse(status: 404, body: answer.body))
                #expect(error?.description.contains("Not Found") == true)
            default:
                #expect(forge.statusTrouble(in: answer) == nil)
                #expect(throws: ForgeError.self, "\(entry.file) is no change") { try forge.change(in: answer) }
            }
        }
    }

    private func word(_ event: ForgeEvent) -> String {
        switch event {
        case .pushed(let refs): refs.allSatisfy { $0.to == nil } ? "deleted" : "pushed"
        case .changeMoved(let move): move.isDraft == true ? "draft \(move.action)" : "\(move.action)"
        case .ping: "ping"
        case .ignored: "ignored"
        }
    }

    private static let expected = [
        "github/ping.json": "ping", "github/push.json": "deleted", "github/push_commits.json": "deleted",
        "github/push_tag.json": "pushed", "github/create.json": "ignored", "github/delete_branch.json": "ignored",
        "github/pull_request_opened.json": "opened", "github/pull_request_synchronize.json": "updated",
        "github/pull_request_closed.json": "closed", "github/pull_request_reopened.json": "opened",
        "github/pull_request_ready_for_review.json": "edited",
        "github/pull_request_converted_to_draft.json": "draft edited",
        "github/pull_request_labeled.json": "ignored", "github/check_run_completed.json": "ignored",
        "github/pull_request_review_submitted_from_fork.json": "ignored", "gitlab/push.json": "pushed",
        "gitlab/push_branch_create.json": "pushed", "gitlab/tag_create.json": "pushed",
        "gitlab/merge_request_open.json": "opened", "gitlab/merge_request_close.json": "closed",
        "gitlab/merge_request_merge.json": "merged", "gitlab/merge_request_reopen.json": "opened",
        "gitlab/merge_request_update_target_branch.json": "edited",
        "gitlab/merge_request_mark_as_ready.json": "edited",
        "gitlab/merge_request_update_labels.json": "ignored", "gitlab/pipeline.json": "ignored",
        "gitea/push.json": "pushed", "gitea/push_v2.json": "pushed", "gitea/create_branch.json": "ignored",
        "gitea/delete_branch.json": "deleted", "gitea/pull_request_opened.json": "opened",
        "gitea/pull_request_synchronized.json": "updated", "gitea/pull_request_edited.json": "edited",
        "gitea/pull_request_closed.json": "closed", "gitea/pull_request_reopened.json": "opened",
        "azure_devops/git.push.json": "pushed", "azure_devops/git.pullrequest.created.json": "opened",
        "azure_devops/git.pullrequest.updated.json": "merged", "azure_devops/git.pullrequest.merged.json": "merged",
    ]
}
