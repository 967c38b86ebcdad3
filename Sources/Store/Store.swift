import Foundation
import GRDB

/// Everything that is remembered: one SQLite file, one door to read and one to write.
public struct Store: Sendable {
    let pool: DatabasePool

    /// Open the file at `path`, made if missing, its tables brought up to date.
    public init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = true
        pool = try alone(in: (path as NSString).deletingLastPathComponent) {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // Facts must survive a power cut. The pool sets its own value after the usual hook, so this one comes later.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrator.migrate(pool)
            return pool
        }
    }

    /// What SQLite says of its own durability: `2` is FULL. For `espalier doctor`.
    public func synchronousMode() throws -> Int {
        try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
    }

    /// Close the file, all that is written in it.
    public func close() throws { try pool.close() }
}

/// Open a file while nobody else opens one of that folder: two that find it new would both make its tables.
private func alone<Result>(in folder: String, _ work: () throws -> Result) rethrows -> Result {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    return try work()
}

/// Whether an error is one of the store that may pass: the disk is full, the file busy or read-only.
public func isStorageTrouble(_ error: any Error) -> Bool { error is DatabaseError }

/// What the store was asked that cannot be.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    case noProject(String, known: [String])
    case noRun(Int64)
    case noSchedule(String, live: [String])
    case noBackfill(Int64)

    public var description: String {
        switch self {
        case .noProject(let name, let known):
            "there is no project '\(name)'"
                + (known.isEmpty
                    ? "; adopt one with `espalier adopt REPOSITORY`"
                    : "; known: \(known.joined(separator: ", "))")
        case .noRun(let id): "there is no run \(id); `espalier runs` lists them"
        case .noBackfill(let id): "there is no backfill \(id); `espalier backfill list` lists them"
        case .noSchedule(let name, let live):
            "no schedule '\(name)' is live"
                + (live.isEmpty
                    ? "; one goes live when a release run passes"
                    : "; live: \(live.joined(separator: ", "))")
        }
    }
}

/// Values as they are stored: JSON with sorted keys, times as seconds since 1970.
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
