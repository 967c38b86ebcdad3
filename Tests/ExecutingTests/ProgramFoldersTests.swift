import Fixtures
import Testing

@testable import Executing

/// What of `PATH` a sandbox shows.
@Suite struct ProgramFoldersTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func folders(_ path: String) -> [String] { programFolders(path: path, hidden: folder.path + "/home") }

    @Test func aFolderStandsForItself() throws {
        try folder.write("tools/a", "")
        #expect(
            folders("/usr/bin:\(folder.path)/tools:/bin:\(folder.path)/tools:\(folder.path)/missing") == [
                folder.path + "/tools"
            ])
    }

    @Test func aPythonEnvironmentIsShownWithThePythonItWasMadeFrom() throws {
        try folder.write("python/bin/python3", "")
        try folder.write("venv/bin/python", "")
        try folder.write("venv/pyvenv.cfg", "version = 3.12\nhome = \(folder.path)/python/bin\n")
        #expect(folders("\(folder.path)/venv/bin") == [folder.path + "/venv", folder.path + "/python"])
    }

    @Test func theHomeAndWhatIsAroundItAreNotShown() throws {
        try folder.write("home/bin/a", "")
        #expect(folders("\(folder.path)/home/bin:\(folder.path):/:bin:.:") == [])
        try folder.write("tools/a", "")
        #expect(folders("\(folder.path)/tools/../home/bin") == [])
    }
}
