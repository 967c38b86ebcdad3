import Foundation
import GRDB

/// A row that this version cannot decode. The row stays unchanged and its subject waits. Everything else continues.
public struct Unreadable: Sendable, Hashable, CustomStringConvertible {
    /// The table of the subject that waits: `event`, `run`, `schedule`, `change`, `decision`, `outbox`, ...
    public let table: String
    public let id: Int64
    /// Absent for rows that belong to no project.
    public let project: Int64?
    /// What is wrong with the row: a clause without a full stop.
    public let reason: String

    public var description: String { "\(table) \(id) cannot be read: \(reason)" }
}

/// The rows that a query could decode, as a collection, and the ones that it could not.
public struct Readings<Value: Sendable>: RandomAccessCollection, Sendable {
    public let values: [Value]
    public let unreadable: [Unreadable]

    public var startIndex: Int { values.startIndex }
    public var endIndex: Int { values.endIndex }
    public subscript(position: Int) -> Value { values[position] }

    /// - Parameters:
    ///   - table: the table of the rows, as in `Unreadable`.
    ///   - rows: need the columns `id` and `project_id`.
    init(of table: String, _ rows: [Row], _ read: (Row) throws -> Value) throws {
        var values: [Value] = []
        var unreadable: [Unreadable] = []
        for row in rows {
            do {
                values.append(try read(row))
            } catch let error where !(error is DatabaseError) {
                unreadable.append(
                    Unreadable(table: table, id: row["id"], project: row["project_id"], reason: clause(of: error)))
            }
        }
        (self.values, self.unreadable) = (values, unreadable)
    }
}

/// The result of `read`; `nil` if it cannot decode the value. Errors of the database itself are thrown.
func ifReadable<Value>(_ read: () throws -> Value?) throws -> Value? {
    do {
        return try read()
    } catch let error where !(error is DatabaseError) {
        return nil
    }
}

/// A fact that cannot be decoded. The run or change that it belongs to handles the error.
struct UnreadableFact: Error {
    let id: Int64
    let reason: String
}

/// What is wrong with stored JSON, and where.
func clause(of error: any Error) -> String {
    if let fact = error as? UnreadableFact { return "fact \(fact.id): \(fact.reason)" }
    guard let error = error as? DecodingError else { return "\(error)" }
    let (context, what): (DecodingError.Context, String) =
        switch error {
        case .keyNotFound(let key, let context): (context, "there is no key '\(key.stringValue)'")
        case .valueNotFound(_, let context), .typeMismatch(_, let context), .dataCorrupted(let context):
            (context, context.debugDescription)
        @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), "\(error)")
        }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    var text = path.isEmpty ? what : "\(path): \(what)"
    while text.hasSuffix(".") { text.removeLast() }
    return text
}

extension StoreReading {
    /// Everything that waits because this version cannot decode it: open events, runs, schedules and changes, unsent
    /// messages, links to forges, and the plan of each environment's latest run.
    public func unreadable() async throws -> [Unreadable] {
        let waiting =
            try await unhandledEvents().unreadable + unendedRuns().unreadable + liveSchedules().unreadable
            + openChanges().unreadable + approvedDecisions().unreadable
        let other = try await reader.read { database in
            try Self.unreadableMessages(database) + Self.forgeLinks(database).unreadable
                + Self.latestPlans(database).unreadable
        }
        return waiting + other.filter { !waiting.contains($0) }
    }
}
