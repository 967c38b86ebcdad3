@testable import Executing
import Fixtures
import Foundation
import Plans
import Reading
import Runs
import Testing

/// Outputs of steps, kept by content and laid out again.
@Suite struct KeptResultsTests {
    let folder: TemporaryFolder
    let kept: KeptResults
    var target: String { folder.path + "/again" }

    init() throws {
        folder = try TemporaryFolder()
        kept = KeptResults(folder: folder.path + "/kept", trust: .protected)
        try folder.write("out/table.txt", "rows")
        try folder.write("out/deep/er/file", "deep")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: folder.path + "/out/deep/er/file")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/out/link", withDestinationPath: "table.txt")
    }

    func keep() throws -> KeptResult {
        try #require(
            try kept.keep(
                values: ["a": "b"], outputs: ["table": folder.path + "/out/table.txt"], from: folder.path + "/out"))
    }

    @Test func whatComesBackIsWhatWasKept() throws {
        let result = try keep()
        #expect(result.outputs == ["table": "table.txt"] && result.values == ["a": "b"] && result.bytes == 8)
        try FileManager.default.removeItem(atPath: folder.path + "/out")
        #expect(try kept.restore(result, into: target))
        #expect(try String(contentsOfFile: target + "/link", encoding: .utf8) == "rows")
        #expect(try String(contentsOfFile: target + "/deep/er/file", encoding: .utf8) == "deep")
        #expect(FileManager.default.isExecutableFile(atPath: target + "/deep/er/file"))
    }

    @Test(arguments: ["changed", "removed"]) func aDamagedFileIsFoundOutAndNothingIsLaidOut(how: String) throws {
        let result = try keep()
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path + "/kept").filter { $0.count > 60 }
        for file in files {
            let path = folder.path + "/kept/" + file
            try FileManager.default.removeItem(atPath: path)
            if how == "changed" { try "hurt".write(toFile: path, atomically: false, encoding: .utf8) }
        }
        #expect(try !kept.restore(result, into: target))
        #expect(!FileManager.default.fileExists(atPath: target))
        #expect(!FileManager.default.fileExists(atPath: target + ".partial"))
    }

    @Test func onlyWhatNobodyNeedsAnyMoreIsRemoved() throws {
        let result = try keep()
        let digests = Set(
            result.files.compactMap { file -> String? in
                if case .bytes(let digest) = file.content { digest } else { nil }
            })
        let later = Date().addingTimeInterval(60)
        #expect(try kept.removeAll(but: digests, touchedBefore: later) == 0)
        #expect(
            try kept.removeAll(but: [], touchedBefore: Date().addingTimeInterval(-60)) == 0, "it may just be being kept"
        )
        #expect(try kept.removeAll(but: [], touchedBefore: later) == 8)
        #expect(try !kept.restore(result, into: target))
    }

    @Test func runsOfAnotherTrustLevelShareNoFile() throws {
        let result = try keep()
        let original = inode(folder.path + "/out/table.txt")
        #expect(try kept.restore(result, into: target))
        #expect(inode(target + "/table.txt") == original)
        let other = folder.path + "/other"
        #expect(try KeptResults(folder: folder.path + "/kept", trust: .unprotected).restore(result, into: other))
        #expect(try String(contentsOfFile: other + "/table.txt", encoding: .utf8) == "rows")
        #expect(inode(other + "/table.txt") != original)
    }

    private func inode(_ path: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.systemFileNumber] as? Int
    }
}
