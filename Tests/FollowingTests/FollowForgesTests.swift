@testable import Following
import Changes
import Events
import Fixtures
import Forges
import Foundation
import Git
import Home
import Logging
import Projects
import Store
import Synchronization
import Testing

/// Projects that are mirrors of one repository, each linked to its own on a forge that speaks as GitHub does.
private final class FollowedForge: MergeNoting {
    struct State {
        var pulls: [[String: Any]] = []
        /// Repositories that answer: retry in an hour.
        var busy: Set<String> = []
        var statuses: [[String: String]] = []
        var merged: [Int64] = []
        /// How often the pull requests of a repository were requested.
        var looks: [String: Int] = [:]
    }

    let fixture: GitFixture
    let home: Home
    let store: Store
    let bells = Bells()
    /// Rings when a look has stored something.
    let found = Bell()
    let heard = Bell()
    let watches = Watches()
    let state = Mutex(State())
    private let servers = GitServers(patience: 60, program: builtProgram("espalier"))
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        fixture = try GitFixture()
        home = Home(fixture.folder.path + "/home")
        try home.prepare()
        store = try Store(path: home.database)
        try fixture.push("one", ["a": "1\n"])
    }

    func noteMerged(_ pull: Int64, into target: GateTarget, as tip: ObjectID) async throws -> Bool {
        state.withLock { $0.merged.append(pull) }
        return true
    }

    /// - Parameter name: of the project, and of its repository on the forge.
    func link(_ name: String, at server: LoopbackHTTP) async throws -> ProjectWatch {
        let mirror = try Repository.createBare(at: home.mirror(name)).gitDirectory
        let url = "file://\(fixture.bare)"
        try await servers.fetch(url, into: mirror)
        let project = try await store.adopt(
            name: name, repository: mirror, url: url, refs: try Repository(at: mirror).tips(), at: Date())
        let link = ForgeLink(
            kind: "github", api: server.url, repository: "acme/\(name)", tokenFile: nil, secretFile: nil,
            landing: .push)
        try await store.link(link, to: project.id)
        let watch = ProjectWatch(project, home: home, store: store, servers: servers, logger: logger)
        watch.link(link)
        watches.add(watch)
        return watch
    }

    func serve() throws -> LoopbackHTTP {
        try LoopbackHTTP { [weak self] request in
            defer { self?.heard.ring() }
            return self?.answer(request) ?? .init(503, json: [String: String]())
        }
    }

    private func answer(_ request: LoopbackHTTP.Request) -> LoopbackHTTP.Answer {
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.count >= 4 else { return .init(404, json: [String: String]()) }
        return state.withLock { state in
            if state.busy.contains(parts[2]) {
                state.looks[parts[2], default: 0] += 1
                return .init(429, ["Retry-After": "3600"], json: ["message": "slow down"])
            }
            switch (request.method, parts[3], parts.count) {
            case ("GET", "pulls", 4):
                state.looks[parts[2], default: 0] += 1
                return .init(json: state.pulls.filter { $0["state"] as? String == "open" })
            case ("GET", "pulls", 5):
                guard let pull = state.pulls.first(where: { "\($0["number"] ?? 0)" == parts[4] }) else {
                    return .init(404, json: ["message": "Not Found"])
                }
                return .init(json: pull)
            case ("POST", "statuses", 5):
                var said = request.fields.compactMapValues { $0 as? String }
                said["commit"] = parts[4]
                state.statuses.append(said)
                return .init(201, json: [String: String]())
            default: return .init(404, json: ["message": "the double has no \(request.method) \(request.path)"])
            }
        }
    }

    /// Run the follower and the watches while something is tried.
    func following(_ body: (ForgeFollower) async throws -> Void) async throws {
        let follower = ForgeFollower(
            store: store, client: ForgeClient(), servers: servers, watches: watches, merges: self, logger: logger,
            address: PageAddress(home: home, published: "https://ci.example.org/"), bells: bells)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for watch in watches.all { group.addTask { [found] in await watch.run(found: found) } }
            group.addTask { await follower.run() }
            defer {
                bells.stop()
                watches.stop()
                group.cancelAll()
            }
            try await body(follower)
        }
    }

    /// Wait until a matching proposal of the project is stored.
    func proposal(_ isWanted: (Proposal) -> Bool) async throws -> StoredEvent {
        for await _ in found.rings {
            let events = try await store.unhandledEvents()
            if let event = events.last(where: { $0.event.as(Proposal.self).map(isWanted) ?? false }) { return event }
        }
        throw CancellationError()
    }

    func pull(_ head: String, state: String = "open", merged: Bool = false) -> [String: Any] {
        [
            "number": 7, "state": state, "title": "Faster", "draft": false, "merged": merged,
            "merged_at": merged ? "2026-01-01T00:00:00Z" : NSNull(), "user": ["login": "ada"],
            "html_url": "https://forge.example/7",
            "head": ["ref": "topic", "sha": head, "repo": ["full_name": "acme/models"]],
            "base": ["ref": "main", "sha": head, "repo": ["full_name": "acme/models"]],
        ]
    }

    /// A commit that the server has as the head of pull request 7.
    func push() throws -> String {
        try fixture.git("checkout", "--quiet", "-B", "topic", "main")
        let head = try fixture.commit("topic", ["a": "2\n"])
        try fixture.git("push", "--quiet", "--force", "origin", "HEAD:refs/pull/7/head")
        return head
    }
}

@Suite struct FollowForgesTests {
    @Test func pullRequestsBecomeRefsAndGoWhenTheyEnd() async throws {
        let forge = try FollowedForge()
        let server = try forge.serve()
        let watch = try await forge.link("models", at: server)
        let head = try forge.push()
        forge.state.withLock { $0.pulls = [forge.pull(head)] }
        let ref = PullRef.name(7, target: "main")
        try await forge.following { follower in
            follower.look(at: watch.project.id)
            let opened = try await forge.proposal { $0.key == "pull-7" && $0.head?.description == head }
            #expect(try Repository(at: watch.project.repository).tips()[ref]?.description == head)
            #expect(try await forge.store.pull(7, of: watch.project.id)?.author == "ada")
            #expect(opened.project == watch.project.id)

            forge.state.withLock { $0.pulls = [forge.pull(head, state: "closed", merged: true)] }
            follower.look(at: watch.project.id)
            _ = try await forge.proposal { $0.key == "pull-7" && $0.head == nil }
            #expect(try Repository(at: watch.project.repository).tips()[ref] == nil)
            #expect(forge.state.withLock(\.merged) == [7])
        }
    }

    @Test func aForgeIsToldHowAChangeStands() async throws {
        let forge = try FollowedForge()
        let server = try forge.serve()
        let watch = try await forge.link("models", at: server)
        let head = try #require(ObjectID(try forge.push()))
        let origin = ChangeOrigin(number: 7, author: "ada", title: "Faster", isFork: false, url: nil)
        let proposal = Proposal(key: "pull-7", target: "main", head: head, origin: origin)
        let event = try await forge.store.store(.proposal(proposal), project: watch.project.id, at: Date())
        try await forge.store.propose(proposal, from: event, author: "ada", title: "Faster", at: Date())
        try await forge.following { follower in
            follower.look(at: watch.project.id)
            for await _ in forge.heard.rings where !forge.state.withLock(\.statuses).isEmpty { break }
        }
        let status = try #require(forge.state.withLock(\.statuses).first)
        #expect(status["commit"] == head.description && status["state"] == "pending")
        #expect(status["context"] == "espalier/gate" && status["description"] == "proposed: waits for its turn")
        #expect(status["target_url"] == "https://ci.example.org/changes/1")
    }

    @Test func aForgeThatIsBusyIsLeftAloneAndHoldsUpNoOther() async throws {
        let forge = try FollowedForge()
        let server = try forge.serve()
        let (busy, other) = (try await forge.link("busy", at: server), try await forge.link("models", at: server))
        forge.state.withLock { $0.busy = ["busy"] }
        try await forge.following { follower in
            follower.look(at: busy.project.id)
            for await _ in forge.heard.rings where forge.state.withLock({ $0.looks["busy"] }) != nil { break }
            for count in 1...3 {
                follower.look(at: busy.project.id)
                follower.look(at: other.project.id)
                for await _ in forge.heard.rings where forge.state.withLock({ $0.looks["models"] ?? 0 }) >= count {
                    break
                }
            }
            #expect(forge.state.withLock { $0.looks["busy"] } == 1)
        }
    }
}
