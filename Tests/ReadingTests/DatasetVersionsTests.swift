import Digests
import Fixtures
import Foundation
import Projects
import Testing

@testable import Reading

/// A dataset's version is about its bytes.
@Suite struct DatasetVersionsTests {
    let folder: TemporaryFolder
    var versions: DatasetVersions { DatasetVersions(ContentDigests(file: folder.path + "/digests"), root: root) }
    var root: String { folder.path + "/data" }

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("data/births.csv", "1\n")
    }

    /// The version of what is at a path below the data root.
    func version(_ path: String) -> String? { versions.version(of: .path(path)) }

    /// Writes a file with the time that it had before.
    func exchange(_ path: String, _ text: String) throws {
        let path = "\(root)/\(path)"
        let time = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as Any
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
    }

    @Test func otherBytesOfTheSameSizeAndTimeAreAnotherVersion() throws {
        let first = try #require(version("births.csv"))
        #expect(version("births.csv") == first)
        try exchange("births.csv", "2\n")
        let second = try #require(version("births.csv"))
        #expect(second != first)
        try exchange("births.csv", "1\n")
        #expect(version("births.csv") == first, "equal bytes are one version")
        #expect(version("nothing") == nil)
    }

    @Test func aFolderCountsByItsNamesAndBytes() throws {
        try folder.write("data/folder/a/part", "one")
        let first = version("folder")
        try exchange("folder/a/part", "two")
        let second = version("folder")
        try FileManager.default.moveItem(atPath: root + "/folder/a/part", toPath: root + "/folder/a/other")
        #expect(Set([first, second, version("folder")]).count == 3)
    }

    @Test func aTableCountsByItsLogAndTheFilesThatItNames() throws {
        try folder.write("data/table/_delta_log/0.json", #"{"add":{"path":"part%201.parquet","size":1}}"#)
        try folder.write("data/table/part 1.parquet", "x")
        let first = version("table")
        try folder.write("data/table/uncommitted.parquet", "x")
        #expect(version("table") == first, "the log does not name it")
        try exchange("table/part 1.parquet", "y")
        #expect(version("table") != first)
        try exchange("table/part 1.parquet", "x")
        #expect(version("table") == first)
        try folder.write("data/table/_delta_log/0.checkpoint.parquet", "binary")
        try exchange("table/uncommitted.parquet", "y")
        let behindACheckpoint = version("table")
        try exchange("table/uncommitted.parquet", "z")
        #expect(version("table") != behindACheckpoint, "the log is not all in readable form: every file counts")
    }

    @Test func aLinkCountsByWhatAStepSeesBehindIt() throws {
        try folder.write("data/aside.csv", "aside")
        try folder.write("secret", "one")
        for (link, to) in [("in.csv", "aside.csv"), ("out.csv", "../secret")] {
            try FileManager.default.createSymbolicLink(atPath: "\(root)/\(link)", withDestinationPath: to)
        }
        let inside = version("in.csv")
        let outside = version("out.csv")
        try exchange("aside.csv", "other")
        try folder.write("secret", "two")
        #expect(version("in.csv") != inside)
        #expect(outside != nil && version("out.csv") == outside, "nothing is read outside of the data root")
    }

    @Test func noPipeHoldsUpTheDaemon() throws {
        #expect(mkfifo(root + "/pipe", 0o600) == 0)
        #expect(version("pipe") == nil)
    }

    @Test func digestsAreRememberedAcrossARestartAndALineThatWasCutOff() throws {
        let path = root + "/births.csv"
        let file = folder.path + "/digests"
        let digest = try #require(ContentDigests(file: file).digest(of: path))
        #expect(!FileManager.default.fileExists(atPath: file), "the next change could have the same time")
        let later: @Sendable () -> Int = { time(nil) + 60 }
        #expect(ContentDigests(file: file, now: later).digest(of: path) == digest)
        let line = try String(contentsOfFile: file, encoding: .utf8)
        let other = String(repeating: "f", count: 64)
        try Data((line.replacing(digest, with: other) + digest + " 1 2").utf8).write(to: URL(fileURLWithPath: file))
        #expect(ContentDigests(file: file).digest(of: path) == other, "it was not read again")
        try folder.write("data/births.csv", "2\n")
        #expect(ContentDigests(file: file).digest(of: path) == sha256("2\n"))
    }
}
