@testable import Gating
import Changes
import Events
import Fixtures
import Following
import Forges
import Foundation
import Git
import Projects
import Store
import Synchronization
import Testing

/// A forge that speaks as GitHub does, over the fixture's repository: it merges pull request 7, or says why not.
@Suite struct LandByForgeTests {
    private final class Forge: Sendable {
        struct State {
            var isMerged = false
            var refusal: String?
            /// The heads of the merges that were ordered.
            var orders: [String] = []
        }

        let state = Mutex(State())
        let head: String
        private let merge: @Sendable () throws -> String

        init(head: String, merge: @escaping @Sendable () throws -> String) {
            self.head = head
            self.merge = merge
        }

        func answer(_ request: LoopbackHTTP.Request) -> LoopbackHTTP.Answer {
            state.withLock { state in
                switch (request.method, request.path) {
                case ("PUT", "/repos/acme/models/pulls/7/merge"):
                    state.orders.append(request.fields["sha"] as? String ?? "")
                    if let refusal = state.refusal { return .init(405, json: ["message": refusal]) }
                    guard let commit = try? merge() else { return .init(500, json: [String: String]()) }
                    state.isMerged = true
                    return .init(json: ["sha": commit, "merged": true])
                case ("GET", "/repos/acme/models/pulls/7"):
                    return .init(json: [
                        "number": 7, "state": state.isMerged ? "closed" : "open", "title": "Faster",
                        "merged": state.isMerged, "user": ["login": "ada"],
                        "merged_at": state.isMerged ? "2026-01-01T00:00:00Z" : NSNull(),
                        "head": ["ref": "topic", "sha": head, "repo": ["full_name": "acme/models"]],
                        "base": ["ref": "main", "sha": head, "repo": ["full_name": "acme/models"]],
                    ])
                default: return .init(201, json: [String: String]())
                }
            }
        }
    }

    private let room: GateRoom
    private let forge: Forge
    private let server: LoopbackHTTP
    private let place: LandByForge
    private let request: LandingRequest

    init() async throws {
        let room = try await GateRoom(isRemote: true)
        let plain = try await room.landing()
        // As the change of a pull request, which comes from elsewhere.
        var change = Change(number: 1, project: room.project.id, key: "pull-7", target: "main")
        guard let head = plain.changes.first?.head else { throw POSIXError(.ENOENT) }
        let origin = ChangeOrigin(number: 7, author: "ada", title: "Faster", isFork: false, url: nil)
        change.apply(.proposed(head: head, author: "Ada <ada@example.org>", title: "Faster", origin: origin))
        request = LandingRequest(
            changes: [change], from: plain.from, to: plain.to, ref: plain.ref, project: plain.project,
            rules: plain.rules)
        let fixture = room.fixture
        let forge = Forge(head: head.description) { try fixture.push("merged by the forge", ["a": "2\n"]) }
        server = try LoopbackHTTP { forge.answer($0) }
        let link = ForgeLink(
            kind: "github", api: server.url, repository: "acme/models", tokenFile: nil, secretFile: nil, landing: .api)
        place = LandByForge(
            client: ForgeClient(), servers: room.servers, linked: try LinkedForge(room.project, link))
        self.forge = forge
        self.room = room
    }

    @Test func theForgeMergesTheHeadThatWasTested() async throws {
        guard case .at(let commit) = try await place.land(request) else {
            Issue.record("it has not landed")
            return
        }
        #expect(try room.tip() == commit.description)
        #expect(forge.state.withLock(\.orders) == [forge.head])
    }

    @Test func whatTheForgeDoesNotMergeIsRefusedInItsWords() async throws {
        forge.state.withLock { $0.refusal = "At least 1 approving review is required" }
        guard case .refused(let reason) = try await place.land(request) else {
            Issue.record("it has landed")
            return
        }
        #expect(reason.contains("At least 1 approving review is required"))
        #expect(try room.tip() == request.from.description)
    }

    @Test func aTargetThatSomebodyMovedIsNotMergedInto() async throws {
        try room.fixture.push("other", ["b": "2\n"])
        guard case .targetMoved = try await place.land(request) else {
            Issue.record("somebody else has moved it")
            return
        }
        #expect(forge.state.withLock(\.orders) == [])
    }

    @Test func aMergeThatNobodyHeardOfIsFound() async throws {
        let merged = try room.fixture.push("merged before", ["a": "2\n"])
        forge.state.withLock { $0.isMerged = true }
        guard case .at(let commit) = try await place.land(request) else {
            Issue.record("it was merged before")
            return
        }
        #expect(commit.description == merged)
        #expect(forge.state.withLock(\.orders) == [])
    }
}
