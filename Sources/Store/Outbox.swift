import Foundation
import GRDB

/// The recipient of an outbox entry.
///
/// The outbox holds messages to others. A message is stored together with the fact that it reports, and is retried
/// until it is accepted or given up.
enum Addressee: String {
    case forge, people
}

extension Store {
    /// - Parameters:
    ///   - due: it is not sent earlier.
    ///   - subject: what it is about, to find it again; for forges.
    /// - Returns: the entry's number.
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
