import Foundation
import GRDB

/// The store, opened read-only for commands and pages. Never creates or migrates a file.
///
/// Works while the daemon writes, and also without a daemon.
public struct StoreReader: StoreReading {
    public let door: ReadingDoor
    private let pool: DatabasePool

    /// Opens the file at `path`.
    ///
    /// - Throws: `StoreError` if there is no file, if it is not a store, or if its version is not the one that this
    ///   program reads.
    public init(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { throw StoreError.noStore(path) }
        pool = try explained(path) {
            do {
                return try Self.open(path)
            } catch let error as DatabaseError
                where [.SQLITE_READONLY, .SQLITE_CANTOPEN].contains(error.resultCode) && isClosed(path)
            {
                // SQLite needs an index file beside the store. There is none, and it cannot create one in a read-only
                // folder. No process has the store open, so it can be read as immutable.
                return try Self.open(URL(fileURLWithPath: path).absoluteString + "?immutable=1")
            }
        }
        door = ReadingDoor(reader: pool)
    }

    private static func open(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.readonly = true
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.read { try Schema.check($0) }
        return pool
    }

    /// Closes the file.
    public func close() throws { try pool.close() }
}

/// Whether no process has the store open. An open store has a write-ahead log beside it.
private func isClosed(_ path: String) -> Bool {
    let size = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
    return (size ?? 0) == 0
}
