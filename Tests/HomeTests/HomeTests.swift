@testable import Daemon
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

    @Test func outputLinesAreReadAsCIUsersKnowThem() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("output", "a=1\nb=x=y\nnothing\n=empty\nc=\n")
        #expect(readValues(file) == ["a": "1", "b": "x=y", "c": ""])
    }

    @Test(arguments: [
        ("https://example.org/a/clinic.git", true, "clinic"), ("git@example.org:team/clinic.git", true, "clinic"),
        ("file:///srv/clinic", true, "clinic"), ("/srv/git/clinic.git", false, "clinic"),
        ("../clinic", false, "clinic"),
    ])
    func locationsAreToldApart(location: String, isURL: Bool, name: String) {
        #expect(RepositoryAdopter.isURL(location) == isURL)
        #expect(RepositoryAdopter.name(of: location) == name)
    }
}
