@testable import Following
import Events
import Fixtures
import Foundation
import Git
import Home
import Logging
import Projects
import Store
import Testing

@Suite struct WatchProjectTests {
    let fixture: GitFixture
    let home: Home
    let store: Store
    let found = Bell()

    init() throws {
        fixture = try GitFixture()
        home = Home(fixture.folder.path + "/home")
        try home.prepare()
        store = try Store(path: home.database)
        try fixture.push("one", ["environments/main.yml": "branches: [main]\nprotected: true\ngate: {}\n"])
    }

    private func project() async throws -> StoredProject {
        let tips = try Repository(at: fixture.bare).tips()
        return try await store.adopt(name: "clinic", repository: fixture.bare, url: nil, refs: tips, at: Date())
    }

    /// Run a watch while something is tried.
    private func watching(_ project: StoredProject, _ body: (ProjectWatch) async throws -> Void) async throws {
        let watch = ProjectWatch(
            project, home: home, store: store, servers: GitServers(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [found] in await watch.run(found: found) }
            defer {
                watch.stop()
                group.cancelAll()
            }
            try await body(watch)
        }
    }

    @Test func whatMovedIsStoredOnceHoweverManyLook() async throws {
        let project = try await project()
        let commit = try fixture.push("two", ["a": "2\n"])
        try await watching(project) { watch in
            async let first = watch.look()
            async let second = watch.look(at: ["refs/heads/main"])
            async let third = watch.look()
            _ = await (first, second, third)
            let moves = try await store.unhandledEvents().compactMap { $0.event.as(RefMove.self) }
            #expect(moves.map(\.ref) == ["refs/heads/main"])
            #expect(moves.first?.to?.description == commit)
        }
    }

    @Test func aLookThatFailedIsMadeAgain() async throws {
        let project = try await project()
        try fixture.push("two", ["a": "2\n"])
        // As if the volume were not mounted.
        try FileManager.default.moveItem(atPath: fixture.bare, toPath: fixture.bare + "-away")
        try await watching(project) { watch in
            #expect(await watch.look().isEmpty)
            try FileManager.default.moveItem(atPath: fixture.bare + "-away", toPath: fixture.bare)
            // The watch retries by itself.
            for await _ in found.rings { break }
            #expect(try await store.unhandledEvents().compactMap { $0.event.as(RefMove.self) }.count == 1)
        }
    }

    @Test func gatedBranchesAreToldToTheHook() async throws {
        let gated = GatedBranches(project: try await project(), home: home)
        #expect(!gated.isGated("main"))
        try gated.update(after: nil)
        #expect(gated.isGated("main") && !gated.isGated("topic"))
        try gated.letThrough("feature/x", until: Date(timeIntervalSince1970: 1_000))
        let bypass = fixture.bare + "/espalier/bypass/feature%2Fx"
        #expect(try String(contentsOfFile: bypass, encoding: .utf8) == "1000\n")
    }

    @Test func gatedBranchesStayGatedWhileTheTrustedFilesAreBroken() async throws {
        let gated = GatedBranches(project: try await project(), home: home)
        try gated.update(after: nil)
        try fixture.push("broken", ["environments/main.yml": "branches: 1\nnonsense: {}\n"])
        try? gated.update(after: nil)
        #expect(gated.isGated("main"))
    }
}
