import Foundation
import GRDB

/// Whom an entry of the outbox is for.
///
/// An entry of the outbox is a message to somebody outside. It is written in the same transaction as the fact that it
/// reports, and sent until it is accepted or given up.
enum Addressee: String {
    case forge, people
}

extension Store {
    /// - Parameters:
    ///   - due: the earliest time to send it.
    ///   - subject: what it is about, so that it can be found again; for forges.
    /// - Returns: the number of the entry.
    @discardableResult
    static func post(
        _ message: some Encodable, to addressee: Addressee, project: Int64, at time: Date, due: Date,
        about subject: StatementArguments = [nil, nil], _ database: Database
    ) throws -> Int64 {
        try database.cachedStatement(
            sql: """
                INSERT INTO outbox (project_id, addressee, message, at, next_at, subject, subject_id)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                project, addressee.rawValue, try Stored.text(message), time.timeIntervalSince1970,
                due.timeIntervalSince1970,
            ] + subject)
        return database.lastInsertedRowID
    }
}
