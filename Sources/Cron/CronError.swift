/// Why a text is not a cron expression.
public struct CronError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field at fault; nil when the number of fields is wrong.
    public let field: CronField?
    /// Characters before the fault in the original text: 0 is its first character.
    public let offset: Int
    /// What is wrong and what is allowed instead, as one sentence without a full stop.
    public let message: String

    /// The column, counted from 1.
    public var column: Int { offset + 1 }

    public var description: String {
        "cron expression, \(field.map { "\($0.rawValue), " } ?? "")column \(column): \(message)"
    }
}
