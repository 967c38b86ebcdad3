@testable import Reading
import Events
import Fixtures
import Foundation
import Git
import Minding
import Testing

/// Layered workspaces hold exactly the files of their tree: what a step sees is compared with what Git lists.
@Suite struct WorkspacesTests {
    let fixture: GitFixture
    let folder: TemporaryFolder
    let workspaces: Workspaces

    init() throws {
        fixture = try GitFixture()
        folder = try TemporaryFolder()
        workspaces = Workspaces(folder: folder.path + "/w")
        try FileManager.default.createDirectory(atPath: folder.path + "/w", withIntermediateDirectories: true)
    }

    /// Prints folders, then files with their contents and modes.
    let list = """
        find . -type d | sort
        find . -type f -o -type l | sort | while read f; do echo $f $(cat $f) $(stat -c %a $f); done
        """

    /// Files and folders of a commit as a step sees them, with their contents.
    func seen(_ commit: String) async throws -> (layers: Int, listing: String) {
        let tree = try Repository(at: fixture.bare).commit(try #require(ObjectID(commit))).tree
        let lower = try await workspaces.workspace(of: tree, in: fixture.bare)
        let step = StepFolder(folder.path + "/s-\(commit)")
        try FileManager.default.createDirectory(atPath: step.path, withIntermediateDirectories: true)
        let minders = Minders(program: builtProgram("espalier-minder"))
        _ = try minders.start(
            MinderRequest(
                folder: step, lower: lower, command: ["/bin/sh", "-c", list], environment: ["PATH": "/usr/bin:/bin"],
                timeout: 60))
        #expect(await minders.end(of: step) == .exited(0))
        return (
            lower.split(separator: ":").count,
            try String(contentsOfFile: step.log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        )
    }

    /// The same listing of a checkout by git itself.
    func expected(_ commit: String) throws -> String {
        let checkout = folder.path + "/c-\(commit)"
        try FileManager.default.createDirectory(atPath: checkout, withIntermediateDirectories: true)
        try fixture.git("--work-tree", checkout, "checkout", "--quiet", "--force", commit, "--", ".")
        return try runProgram("/bin/sh", ["-c", list], in: checkout).output
    }

    @Test func aLayerMakesExactlyTheTree() async throws {
        let files = Dictionary(uniqueKeysWithValues: (0..<50).map { ("src/d\($0 % 5)/f\($0)", "\($0)") })
        let first = try fixture.push(
            "base", files.merging(["becomes-folder": "x", "becomes-file/a": "y", "only/deep/er": "z"]) { $1 })
        try fixture.git("rm", "-r", "--quiet", "src/d1", "src/d2/f2", "becomes-folder", "becomes-file", "only")
        let second = try fixture.push(
            "changed", ["src/d0/f0": "new", "added/x": "1", "becomes-folder/in": "2", "becomes-file": "3"])
        let third = try fixture.push("more", ["src/d0/f5": "newer"])
        for (commit, layers) in [(first, 1), (second, 2), (third, 2)] {
            let found = try await seen(commit)
            #expect(found.layers == layers)
            #expect(try found.listing == expected(commit))
        }
    }

    @Test func aTreeThatDiffersMuchIsWrittenWholeAndIsTheNextBase() async throws {
        let first = try fixture.push("base", ["a": "1"])
        let many = Dictionary(uniqueKeysWithValues: (0...Workspaces.largestLayer).map { ("m/\($0)", "\($0)") })
        let second = try fixture.push("many", many)
        let third = try fixture.push("one more", ["m/0": "other"])
        #expect(try await seen(first).layers == 1)
        #expect(try await seen(second).layers == 1)
        let found = try await seen(third)
        #expect(try found.layers == 2 && found.listing == expected(third))
    }

    @Test func aBaseOfAnotherRepositoryIsNotBuiltUpon() async throws {
        _ = try await seen(try fixture.push("base", ["a": "1"]))
        let other = try GitFixture()
        let commit = try other.push("elsewhere", ["b": "1"])
        let tree = try Repository(at: other.bare).commit(try #require(ObjectID(commit))).tree
        #expect(try await workspaces.workspace(of: tree, in: other.bare) == "\(folder.path)/w/\(tree)")
    }
}
