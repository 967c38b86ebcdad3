import Fixtures
import Foundation
import Testing

@testable import Home

/// Files that steps left are read within bounds, and links lead nowhere.
@Suite struct LeftFileTests {
    let folder: TemporaryFolder
    let outputs: String

    init() throws {
        folder = try TemporaryFolder()
        outputs = folder.path + "/outputs"
        try FileManager.default.createDirectory(atPath: outputs + "/deep", withIntermediateDirectories: true)
        _ = try folder.write("outputs/a.json", "12345")
        _ = try folder.write("outputs/deep/b.csv", "id\n1\n")
        _ = try folder.write("key", "secret")
    }

    private func read(_ path: String, atMost limit: Int = 1_000) throws -> String {
        String(decoding: try readLeftFile(path, in: outputs, atMost: limit), as: UTF8.self)
    }

    @Test func filesAreReadByRelativeAndAbsolutePath() throws {
        #expect(try read("a.json") == "12345")
        #expect(try read("deep/b.csv") == "id\n1\n")
        #expect(try read("\(outputs)/deep/b.csv") == "id\n1\n")
    }

    @Test func aFileOfTheLimitIsTakenAndOneByteMoreIsNot() throws {
        #expect(try read("a.json", atMost: 5) == "12345")
        #expect(throws: LeftFileError.tooLarge("a.json", limit: 4)) { try read("a.json", atMost: 4) }
    }

    // CASES: S10
    @Test func noComponentMayBeALink() throws {
        let files = FileManager.default
        try files.createSymbolicLink(atPath: "\(outputs)/monitor.json", withDestinationPath: "\(folder.path)/key")
        try files.createSymbolicLink(atPath: "\(outputs)/elsewhere", withDestinationPath: folder.path)
        #expect(throws: LeftFileError.link("monitor.json")) { try read("monitor.json") }
        #expect(throws: LeftFileError.link("elsewhere/key")) { try read("elsewhere/key") }
    }

    @Test(arguments: ["../key", "deep/../../key", "/etc/passwd", ""])
    func nothingOutsideTheFolderIsRead(path: String) {
        #expect(throws: LeftFileError.self) { try read(path) }
    }

    // CASES: S9
    @Test func aSparseFileCostsNothing() throws {
        let path = try folder.write("outputs/huge", "")
        #expect(truncate(path, 20 << 30) == 0)
        #expect(throws: LeftFileError.self) { try read("huge") }
        #expect(try readEnd(ofLeftFile: "huge", in: outputs, count: 4) == [0, 0, 0, 0])
    }

    @Test func foldersFifosAndWhatIsMissingAreNamed() throws {
        #expect(mkfifo("\(outputs)/pipe", 0o600) == 0)
        #expect(throws: LeftFileError.notRegular("pipe")) { try read("pipe") }
        #expect(throws: LeftFileError.notRegular("deep")) { try read("deep") }
        #expect(throws: LeftFileError.missing("none")) { try read("none") }
    }

    @Test func partsAndEndsAreWhatIsThere() throws {
        #expect(try readPart(ofLeftFile: "a.json", in: outputs, from: 3, count: 10) == Array("45".utf8))
        #expect(try readPart(ofLeftFile: "a.json", in: outputs, from: 9, count: 10) == [])
        #expect(try readEnd(ofLeftFile: "a.json", in: outputs, count: 2) == Array("45".utf8))
    }
}
