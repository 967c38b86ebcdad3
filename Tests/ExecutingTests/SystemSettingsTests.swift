import Fixtures
import Foundation
@testable import Executing
import Testing

@Suite struct SystemSettingsTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func text(_ file: String, in copy: String) throws -> String {
        try String(contentsOfFile: "\(copy)/\(file)", encoding: .utf8)
    }

    @Test func aCopyHasWhatProgramsNeedAndNoSecretsAndNoUsers() throws {
        let copy = try SystemSettings(folder: folder.path).current()
        #expect(
            try text("hosts", in: copy).contains("127.0.1.1 step"), "Java asks for the address of the machine's name")
        #expect(
            try text("passwd", in: copy).split(separator: "\n").map { $0.prefix { $0 != ":" } } == [
                "root", "step", "nobody",
            ])
        #expect(FileManager.default.fileExists(atPath: copy + "/ld.so.cache"))
        for file in ["shadow", "gshadow", "ssh", "sudoers", "ssl/private", "machine-id", "fstab", "environment"] {
            #expect(!FileManager.default.fileExists(atPath: "\(copy)/\(file)"), "\(file)")
        }
    }

    @Test func oneStateIsCopiedOnce() throws {
        let settings = SystemSettings(folder: folder.path)
        #expect(try settings.current() == settings.current())
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1, "nothing partial is left")
    }

    @Test func copiesOfOtherStatesGoOnceNoStepHasBegunToUseThem() throws {
        let settings = SystemSettings(folder: folder.path)
        try folder.write("etc-1-older/hosts", "")
        let current = try settings.current()
        settings.removeOld(before: Date(timeIntervalSinceNow: -60))
        #expect(FileManager.default.fileExists(atPath: folder.path + "/etc-1-older"))
        settings.removeOld(before: Date(timeIntervalSinceNow: 60))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).map { "\(folder.path)/\($0)" } == [current]
        )
    }
}
