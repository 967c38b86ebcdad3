import Foundation
import GRDB

/// Whom an entry of the outbox is for.
///
/// The outbox holds what others are to be told: written with the fact that it tells, sent until it is taken or given up.
enum Addressee: String {
    case forge, people
}

extension Store {
    /// - Parameters:
    ///   - due: before this it is not sent.
    ///   - subject: what it is about, by which it is found again; for forges.
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
