import Foundation
import GRDB

/// The whole state, in one SQLite file. `Store` reads and writes; `StoreReader` only reads.
public struct Store: StoreReading {
    let pool: DatabasePool

    public var door: ReadingDoor { ReadingDoor(reader: pool) }

    /// Opens the file at `path`. Creates it if it is missing, and migrates it if an older version wrote it.
    ///
    /// - Throws: `StoreError` if the file is not a store, or if a newer version has migrated it.
    public init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = true
        pool = try alone(in: (path as NSString).deletingLastPathComponent) {
            try explained(path) {
                let pool = try DatabasePool(path: path, configuration: configuration)
                // Facts must survive a power cut. The pool sets its own value in its usual hook, so this must come
                // after it.
                try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
                if try pool.read(Schema.migrator.hasBeenSuperseded) { throw SchemaMismatch.newer }
                try Schema.migrator.migrate(pool)
                try pool.write(Self.retryUnreadable)
                return pool
            }
        }
    }

    /// This version may be able to read messages that an older one could not.
    private static func retryUnreadable(_ database: Database) throws {
        try database.execute(
            sql: "UPDATE outbox SET unreadable = NULL WHERE done_at IS NULL AND unreadable IS NOT NULL")
    }

    /// SQLite's `synchronous` mode of the writer: `2` is FULL.
    public func synchronousMode() throws -> Int {
        try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
    }

    /// Close the file. Everything written is on disk.
    public func close() throws { try pool.close() }
}

/// Open a file under a lock on its folder: two processes that find it new would both create its tables.
private func alone<Result>(in folder: String, _ work: () throws -> Result) rethrows -> Result {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    return try work()
}

/// Turns errors of opening the store at `path` into `StoreError` where a person can act on them.
func explained<Result>(_ path: String, _ open: () throws -> Result) throws -> Result {
    do {
        return try open()
    } catch SchemaMismatch.older {
        throw StoreError.olderStore(path)
    } catch SchemaMismatch.newer {
        throw StoreError.newerStore(path)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
        throw StoreError.notAStore(path)
    }
}

/// Whether an error is a storage error that can go away: disk full, or file busy or read-only.
public func isStorageTrouble(_ error: any Error) -> Bool { error is DatabaseError }

/// Requests that the store cannot fulfil.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    case noProject(String, known: [String])
    case noRun(Int64)
    case noSchedule(String, live: [String])
    case noBackfill(Int64)
    case noStore(String)
    case notAStore(String)
    /// The file needs a migration, which only `Store` does.
    case olderStore(String)
    case newerStore(String)

    public var description: String {
        switch self {
        case .noProject(let name, let known):
            "there is no project '\(name)'"
                + (known.isEmpty
                    ? "; adopt one with `espalier adopt REPOSITORY`"
                    : "; known: \(known.joined(separator: ", "))")
        case .noRun(let id): "there is no run \(id); `espalier runs` lists them"
        case .noBackfill(let id): "there is no backfill \(id); `espalier backfill list` lists them"
        case .noStore(let path): "there is no store at \(path): start the daemon with `espalier serve`, which makes it"
        case .notAStore(let path):
            "\(path) is not a store of Espalier: move it away, or choose another folder with --home or ESPALIER_HOME"
        case .olderStore(let path):
            "\(path) was written by an older version of Espalier: start the daemon once, `espalier serve` brings it up to date"
        case .newerStore(let path):
            "\(path) was written by a newer version of Espalier: use that version, or newer"
        case .noSchedule(let name, let live):
            "no schedule '\(name)' is live"
                + (live.isEmpty
                    ? "; one goes live when a release run passes"
                    : "; live: \(live.joined(separator: ", "))")
        }
    }
}

/// Encoding of stored values: JSON with sorted keys, times as seconds since 1970.
enum Stored {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .secondsSince1970
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<T: Decodable>(_ type: T.Type, from text: String) throws -> T {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        return try decoder.decode(type, from: Data(text.utf8))
    }
}

extension Row {
    func date(_ column: String) -> Date {
        Date(timeIntervalSince1970: self[column])
    }

    func optionalDate(_ column: String) -> Date? {
        (self[column] as Double?).map(Date.init(timeIntervalSince1970:))
    }
}
