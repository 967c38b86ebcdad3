import Fixtures
import Foundation
import GRDB
import Projects
import Store
import Testing

/// Who may open which file, and the message if they may not.
@Suite struct OpeningTests {
    let folder: TemporaryFolder
    var path: String { folder.path + "/s.sqlite" }

    init() throws { folder = try TemporaryFolder() }

    /// Run a statement on the file, as no program of this version would.
    func tamper(_ sql: String) throws {
        let database = try DatabaseQueue(path: path)
        try database.write { try $0.execute(sql: sql) }
        try database.close()
    }

    func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }

    @Test func aReaderMakesNoFile() throws {
        #expect(throws: StoreError.noStore(path)) { try StoreReader(path: path) }
        #expect(try files().isEmpty)
    }

    @Test func aReaderReadsWhileAWriterHasTheFileOpenAndAfter() async throws {
        let store = try Store(path: path)
        let reader = try StoreReader(path: path)
        _ = try await store.adopt(name: "clinic", repository: "/srv/r.git", url: nil, refs: [:], at: Date())
        #expect(try await reader.projects().map(\.name) == ["clinic"])
        try reader.close()
        try store.close()
        #expect(try await StoreReader(path: path).projects().map(\.name) == ["clinic"])
    }

    @Test func aReaderReadsAClosedStoreInAFolderThatItCannotWrite() async throws {
        let store = try Store(path: path)
        _ = try await store.adopt(name: "clinic", repository: "/srv/r.git", url: nil, refs: [:], at: Date())
        try store.close()
        let manager = FileManager.default
        try manager.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
        defer { try? manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path) }
        let before = try files()
        let reader = try StoreReader(path: path)
        #expect(try await reader.projects().map(\.name) == ["clinic"])
        try reader.close()
        // Root may write anywhere, and then SQLite keeps its index beside the file.
        if geteuid() != 0 { #expect(try files() == before) }
    }

    @Test func aReaderLeavesAnOlderStoreAsItIsAndSaysWhatToDo() throws {
        try Store(path: path).close()
        try tamper("DELETE FROM grdb_migrations WHERE identifier LIKE '7:%'")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(throws: StoreError.olderStore(path)) { try StoreReader(path: path) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(StoreError.olderStore(path).description.contains("`espalier serve`"))
    }

    @Test func aStoreOfANewerVersionIsRefusedByBoth() throws {
        try Store(path: path).close()
        try tamper("INSERT INTO grdb_migrations VALUES ('999: of tomorrow')")
        #expect(throws: StoreError.newerStore(path)) { try StoreReader(path: path) }
        #expect(throws: StoreError.newerStore(path)) { try Store(path: path) }
    }

    @Test func aFileThatIsNoDatabaseIsRefusedByBoth() throws {
        try Data(repeating: 65, count: 5_000).write(to: URL(fileURLWithPath: path))
        #expect(throws: StoreError.notAStore(path)) { try StoreReader(path: path) }
        #expect(throws: StoreError.notAStore(path)) { try Store(path: path) }
    }
}
