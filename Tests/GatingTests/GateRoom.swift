@testable import Gating
import Changes
import Events
import Fixtures
import Following
import Forges
import Foundation
import Git
import Home
import Logging
import Plans
import Projects
import Runs
import Store

/// A gate with a store, a home and a real repository, but no daemon: the test does what a turn would do.
struct GateRoom {
    let fixture: GitFixture
    let home: Home
    let store: Store
    let bells = Bells()
    let gate: Gate
    let project: StoredProject
    let servers = GitServers(patience: 60, program: builtProgram("espalier"))

    /// - Parameters:
    ///   - gate: the rules of `main`, as in its environment's file.
    ///   - isRemote: whether the project is a mirror, and the fixture's repository a server's.
    init(gate rules: String = "{}", isRemote: Bool = false) async throws {
        fixture = try GitFixture()
        home = Home(fixture.folder.path + "/home")
        try home.prepare()
        store = try Store(path: home.database)
        try fixture.push(
            "one",
            [
                "environments/main.yml": "branches: [main]\nprotected: true\ngate: \(rules)\n", "a": "1\n", "b": "1\n",
            ])
        var repository = fixture.bare
        let url = isRemote ? "file://\(fixture.bare)" : nil
        if let url {
            repository = try Repository.createBare(at: home.mirror("clinic")).gitDirectory
            try await servers.fetch(url, into: repository)
        }
        project = try await store.adopt(
            name: "clinic", repository: repository, url: url, refs: try Repository(at: repository).tips(), at: Date())
        gate = Self.gate(store, home, servers, bells)
        await gate.add(project)
    }

    private static func gate(_ store: Store, _ home: Home, _ servers: GitServers, _ bells: Bells) -> Gate {
        Gate(
            store: store, home: home, slots: 8,
            lander: ChangeLander(store: store, client: ForgeClient(), servers: servers), watches: Watches(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, bells: bells)
    }

    /// As after a restart.
    func anotherGate() async -> Gate {
        let gate = Self.gate(store, home, servers, bells)
        await gate.add(project)
        return gate
    }

    /// Commit on top of a branch, and propose that for `main`. Returns the events of the look at it.
    @discardableResult
    func push(_ key: String, _ files: [String: String], onto base: String = "main") async throws -> [StoredEvent] {
        try fixture.git("checkout", "--quiet", "-B", key, base)
        try fixture.commit(key, files)
        try fixture.git("push", "--quiet", "--force", project.repository, "HEAD:refs/changes/\(key)/for/main")
        try fixture.git("checkout", "--quiet", "main")
        return try await look()
    }

    /// Like `push`, and the gate has opened the change.
    func propose(_ key: String, _ files: [String: String], onto base: String = "main") async throws {
        _ = await gate.open(try await push(key, files, onto: base))
    }

    func look() async throws -> [StoredEvent] {
        if project.url != nil { try await servers.fetch(project, token: nil) }
        let tips = try Repository(at: project.repository).tips()
        return try await store.recordLook(project: project.id, now: tips, among: nil, at: Date())
    }

    /// Advance until nothing is left to do.
    func settle(_ other: Gate? = nil) async throws {
        while case .moved = try await (other ?? gate).advance() {}
    }

    /// End all requested checks. Returns how many.
    @discardableResult
    func endChecks(_ outcome: RunOutcome = .passed) async throws -> Int {
        let asked = try await store.unhandledEvents().filter { $0.event.as(CheckRequest.self) != nil }
        for event in asked {
            guard let request = event.event.as(CheckRequest.self) else { continue }
            let planned = PlannedEvent(event, Planning(plans: [try plan(request.merge)]))
            for run in try await store.handle([planned], at: Date()) {
                let end: Outcome = outcome == .passed ? .passed : .failed(exitCode: 1)
                let facts: [StepFact] = [.started(attempt: 1, incumbent: nil), .ended(end)]
                var write = FactWrite(run: run, facts: facts.map { Recorded(step: "test", fact: $0, at: Date()) })
                write.outcome = outcome
                try await store.append([write])
            }
        }
        return asked.count
    }

    func change(_ number: Int64 = 1) async throws -> Change {
        guard let change = try await store.change(number) else { throw POSIXError(.ENOENT) }
        return change
    }

    func tip(_ ref: String = "main") throws -> String { try fixture.bareGit("rev-parse", ref) }

    /// A change whose merge is made and tested.
    func landing() async throws -> LandingRequest {
        try await propose("topic", ["a": "2\n"])
        try await settle()
        let change = try await change()
        guard let build = change.state.build else { throw POSIXError(.ENOENT) }
        return LandingRequest(
            changes: [change], from: build.base, to: build.merge, ref: "refs/heads/main", project: project,
            rules: GateRules())
    }

    private func plan(_ commit: ObjectID) throws -> Plan {
        try JSONDecoder().decode(
            Plan.self,
            from: Data(
                """
                {"format":2,"project":"clinic","pipeline":"check","environment":"main","branch":"change/1",
                 "commit":"\(commit)","tree":"\(commit)","trigger":{"kind":"push"},"configuration":"{}",
                 "configurationDigest":"d","notes":[],
                 "settings":{"env":{},"registry":{"server":"embedded"},"sandbox":"off","notify":[]},
                 "concurrency":{"supersede":"none"},
                 "steps":[{"name":"test","needs":[],"action":{"kind":"run","command":"true"},"inputs":[],"data":[],
                           "outputs":[],"env":{},"compute":{"timeout":10},"retriesWhenLost":1}]}
                """.utf8))
    }
}
