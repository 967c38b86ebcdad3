import Events
import Fixtures
import Foundation
import Git
import Testing

@Suite struct RepositoryTests {
    let fixture: GitFixture

    init() throws { fixture = try GitFixture() }

    func id(_ text: String) throws -> ObjectID { try #require(ObjectID(text)) }

    @Test func tipsAreBranchesPeeledTagsAndProposals() throws {
        let commit = try fixture.push("one", ["a": "1"])
        try fixture.git("tag", "-a", "-m", "v1", "v1")
        try fixture.git("push", "--quiet", "origin", "v1", "HEAD:refs/changes/t/for/main", "HEAD:refs/notes/x")
        let tips = try Repository(at: fixture.bare).tips()
        #expect(
            tips == [
                "refs/heads/main": try id(commit), "refs/tags/v1": try id(commit),
                "refs/changes/t/for/main": try id(commit),
            ])
    }

    @Test func packedAndLooseRefsAreReadAlike() throws {
        for index in 0..<50 {
            try fixture.push("c\(index)", ["a": "\(index)"]);
            try fixture.git("push", "--quiet", "origin", "HEAD:refs/heads/x/\(index)")
        }
        let before = try Repository(at: fixture.bare).tips()
        try fixture.bareGit("pack-refs", "--all")
        #expect(try Repository(at: fixture.bare).tips() == before)
        #expect(before.count == 51)
    }

    @Test func aMissingRefIsNoError() throws {
        #expect(try Repository(at: fixture.bare).tip(of: "refs/heads/none") == nil)
        #expect(try Repository(at: fixture.bare).tips(of: ["refs/heads/none"]).isEmpty)
    }

    @Test func aCommitThatIsNotThereIsMissing() throws {
        let repository = try Repository(at: fixture.bare)
        do {
            _ = try repository.commit(try id(String(repeating: "e", count: 40)))
            Issue.record("it was found")
        } catch {
            #expect((error as? GitError)?.isMissing ?? false)
        }
    }

    @Test func filesOfAFolderAreReadAtTheCommitWithoutACheckout() throws {
        let first = try fixture.push(
            "one", ["pipelines/a.yml": "1", "pipelines/b.txt": "x", "pipelines/sub/c.yml": "x"])
        try fixture.push("two", ["pipelines/a.yml": "2 is longer"])
        let repository = try Repository(at: fixture.bare)
        #expect(
            try repository.files(in: "pipelines", at: try id(first), suffixes: [".yml"], limit: 5) == [
                "pipelines/a.yml": Array("1".utf8)
            ])
        let tip = try #require(try repository.tip(of: "refs/heads/main"))
        #expect(
            try repository.files(in: "pipelines", at: tip, suffixes: [".yml"], limit: 5) == ["pipelines/a.yml": nil])
        #expect(try repository.files(in: "nothing", at: tip, suffixes: [".yml"], limit: 5).isEmpty)
    }

    @Test func changedPathsAreAddedDeletedAndModified() throws {
        let first = try fixture.push("one", ["a": "1", "b": "1"])
        try fixture.git("rm", "--quiet", "b")
        let second = try fixture.push("two", ["a": "2", "c": "1"])
        let repository = try Repository(at: fixture.bare)
        #expect(try repository.changedPaths(from: try id(first), to: try id(second)) == ["a", "b", "c"])
        #expect(try repository.changedPaths(from: nil, to: try id(first)) == ["a", "b"])
    }

    @Test func aMergeIsMadeInMemoryAndMovesNothing() throws {
        let base = try id(try fixture.push("one", ["a": "1"]))
        try fixture.git("checkout", "--quiet", "-b", "topic")
        let head = try id(try fixture.push("two", ["b": "1"]))
        try fixture.git("checkout", "--quiet", "main")
        let tip = try id(try fixture.push("three", ["c": "1"]))
        let repository = try Repository(at: fixture.bare)
        let result = try repository.merge(head, into: tip, by: .merge(message: "Merge"), time: 1)
        guard case .merged(let merge) = result else { return #expect(Bool(false), "\(result)") }
        #expect(try repository.commit(merge).parents == [tip, head])
        #expect(try repository.changedPaths(from: base, to: merge) == ["b", "c"])
        #expect(try repository.tip(of: "refs/heads/main") == tip)
        #expect(
            try repository.merge(head, into: tip, by: .merge(message: "Merge"), time: 1) == result,
            "the same merge is the same commit")
        #expect(try repository.merge(base, into: tip, by: .merge(message: "Merge"), time: 1) == .nothingToMerge)
    }

    @Test func aConflictNamesItsFiles() throws {
        try fixture.push("one", ["a": "1", "b": "1"])
        try fixture.git("checkout", "--quiet", "-b", "topic")
        let head = try id(try fixture.push("two", ["a": "2"]))
        try fixture.git("checkout", "--quiet", "main")
        let tip = try id(try fixture.push("three", ["a": "3", "b": "3"]))
        #expect(
            try Repository(at: fixture.bare).merge(head, into: tip, by: .merge(message: "Merge"), time: 1)
                == .conflict(files: ["a"]))
    }

    @Test func aRefMovesOnlyFromWhereItIsExpected() throws {
        let one = try id(try fixture.push("one", [:]))
        let two = try id(try fixture.push("two", [:]))
        let repository = try Repository(at: fixture.bare)
        #expect(try !repository.compareAndSwap("refs/heads/main", from: one, to: one, reason: "test"))
        #expect(try repository.tip(of: "refs/heads/main") == two)
        #expect(try repository.compareAndSwap("refs/heads/main", from: two, to: one, reason: "test"))
        #expect(try repository.tip(of: "refs/heads/main") == one)
        #expect(
            try !repository.compareAndSwap("refs/heads/main", from: nil, to: two, reason: "test"), "it must not exist")
        #expect(try repository.compareAndSwap("refs/heads/new", from: nil, to: two, reason: "test"))
        #expect(try !repository.compareAndSwap("refs/heads/gone", from: one, to: two, reason: "test"), "it must exist")
    }

    @Test func aTreeIsCheckedOutWhole() throws {
        let commit = try id(try fixture.push("one", ["a/b": "text", "run.sh": "#!/bin/sh\n"]))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fixture.work + "/run.sh")
        let second = try id(try fixture.push("two", [:]))
        let repository = try Repository(at: fixture.bare)
        let folder = try TemporaryFolder()
        try repository.checkOut(tree: try repository.commit(second).tree, into: folder.path)
        #expect(try String(contentsOfFile: folder.path + "/a/b", encoding: .utf8) == "text")
        #expect(FileManager.default.isExecutableFile(atPath: folder.path + "/run.sh"))
        #expect(commit != second)
    }

    @Test func aMirrorFollowsItsSource() throws {
        try fixture.push("one", ["a": "1"])
        try fixture.git("push", "--quiet", "origin", "HEAD:refs/heads/gone")
        let folder = try TemporaryFolder()
        let mirror = try Repository.createBare(at: folder.path + "/m.git")
        try mirror.mirror(from: "file://\(fixture.bare)")
        #expect(try mirror.tips() == Repository(at: fixture.bare).tips())
        try fixture.git("push", "--quiet", "origin", ":refs/heads/gone")
        try fixture.push("two", ["a": "2"])
        try mirror.mirror(from: "file://\(fixture.bare)")
        #expect(try mirror.tips() == Repository(at: fixture.bare).tips())
    }

    /// CASES: G5
    @Test func aMirrorFollowsABranchThatBecomesAFolderAndBack() throws {
        try fixture.push("one", ["a": "1"])
        try fixture.git("push", "--quiet", "origin", "HEAD:refs/heads/topic")
        let folder = try TemporaryFolder()
        let mirror = try Repository.createBare(at: folder.path + "/m.git")
        try mirror.mirror(from: "file://\(fixture.bare)")
        for (old, new) in [("topic", "topic/more"), ("topic/more", "topic")] {
            try fixture.git("push", "--quiet", "origin", ":refs/heads/\(old)")
            try fixture.push("more", ["a": new])
            try fixture.git("push", "--quiet", "origin", "HEAD:refs/heads/\(new)")
            try mirror.mirror(from: "file://\(fixture.bare)")
            #expect(try mirror.tips() == Repository(at: fixture.bare).tips())
        }
    }

    @Test func aSettingIsTheRepositorysOwnOrShared() throws {
        #expect(try Repository(at: fixture.bare).setting("core.hooksPath") == nil)
        try fixture.bareGit("config", "core.hooksPath", "own")
        let setting = try #require(try Repository(at: fixture.bare).setting("core.hooksPath"))
        #expect(setting.value == "own" && setting.isOwn)
        let shared = Repository.setting("core.hooksPath", in: fixture.bare + "/config")
        #expect(shared?.value == "own" && shared?.isOwn == false)
    }

    @Test func aRepositoryOfAnotherFormatIsRefusedWithTheWayOut() throws {
        let folder = try TemporaryFolder()
        try fixture.git("init", "--quiet", "--bare", "--object-format=sha256", folder.path + "/s.git")
        do {
            _ = try Repository(at: folder.path + "/s.git")
            Issue.record("it was opened")
        } catch {
            #expect("\(error)".contains("convert it with git"), "\(error)")
        }
    }

    @Test func whatIsNoRepositoryIsSaidByName() throws {
        let folder = try TemporaryFolder()
        do {
            _ = try Repository(at: folder.path)
            Issue.record("it was opened")
        } catch {
            #expect("\(error)".hasPrefix("cannot open the repository \(folder.path): "))
        }
    }

    @Test func passwordsAreNotShown() {
        #expect(redacted("https://me:secret@example.org/x.git") == "https://example.org/x.git")
        #expect(redacted("ssh://git@example.org/x.git") == "ssh://example.org/x.git")
    }

    @Test func aLockThatADeadProcessLeftIsOnlyInTheWayForAWhile() throws {
        let fixture = try GitFixture()
        let one = try #require(ObjectID(try fixture.push("one", ["a": "1"])))
        let two = try #require(ObjectID(try fixture.push("two", ["a": "2"])))
        let repository = try Repository(at: fixture.bare)
        let lock = fixture.bare + "/refs/heads/main.lock"
        try Data().write(to: URL(fileURLWithPath: lock))
        #expect(throws: GitError.self) {
            try repository.compareAndSwap("refs/heads/main", from: two, to: one, reason: "back")
        }
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: lock)
        #expect(try repository.compareAndSwap("refs/heads/main", from: two, to: one, reason: "back"))
        #expect(try repository.tip(of: "refs/heads/main") == one)
    }
}
