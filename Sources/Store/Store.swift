import Foundation
import GRDB

/// The database of the daemon: one SQLite file, opened to read and write. `StoreReader` only reads.
public struct Store: StoreReading {
    let pool: DatabasePool

    public var door: ReadingDoor { ReadingDoor(reader: pool) }

    /// Open the file at `path`. Creates it when it is missing, and migrates it when an older version wrote it.
    ///
    /// - Throws: `StoreError` when the file is not a store, or when a newer version has migrated it.
    public init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = true
        pool = try alone(in: (path as NSString).deletingLastPathComponent) {
            try explained(path) {
                let pool = try DatabasePool(path: path, configuration: configuration)
                // Facts must survive a power cut. The pool sets its own value after the usual hook, so this is set
                // last.
                try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
                if try pool.read(Schema.migrator.hasBeenSuperseded) { throw SchemaMismatch.newer }
                try Schema.migrator.migrate(pool)
                return pool
            }
        }
    }

    /// SQLite's `synchronous` mode; `2` is FULL.
    public func synchronousMode() throws -> Int {
        try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
    }

    /// Close the file after all pending writes.
    public func close() throws { try pool.close() }
}

/// Hold a lock on the folder while opening the file. Otherwise two processes that find no file would both create the
/// tables.
private func alone<Result>(in folder: String, _ work: () throws -> Result) rethrows -> Result {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    return try work()
}

/// Turn errors of opening the store at `path` into `StoreError` when a person can act on them.
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

/// Whether an error of the store may pass by itself: the disk is full, or the file is busy or read-only.
public func isStorageTrouble(_ error: any Error) -> Bool { error is DatabaseError }

/// A request to the store that cannot be met.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    case noProject(String, known: [String])
    case noRun(Int64)
    case noSchedule(String, live: [String])
    case noBackfill(Int64)
    case noStore(String)
    case notAStore(String)
    /// Only a `Store` migrates.
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

/// How values are stored: JSON with sorted keys, times as seconds since 1970.
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
