@testable import Home
import Fixtures
import Foundation
import Testing

@Suite struct HomeTests {
    @Test func aHomeTooDeepForASocketIsRefusedInWords() {
        let home = Home("/tmp/" + String(repeating: "deep/", count: 30))
        let error = #expect(throws: DaemonError.self) { try home.prepare() }
        #expect(error?.description.contains("choose another with --home") ?? false)
    }

    @Test func oneDaemonAHome() throws {
        let folder = try TemporaryFolder()
        let home = Home(folder.path)
        let first = try HomeLock(home)
        #expect(HomeLock.isHeld(home))
        #expect(throws: DaemonError.self) { try HomeLock(home) }
        withExtendedLifetime(first) {}
    }

    @Test func dataRootsAreTheEnvironmentsOwn() {
        let home = Home("/h")
        #expect(home.data(project: "p", environment: "dev", configured: nil) == "/h/data/p/dev")
        #expect(home.data(project: "p", environment: "dev", configured: "x/y") == "/h/x/y")
        #expect(home.data(project: "p", environment: "dev", configured: "/srv/x") == "/srv/x")
    }
}
