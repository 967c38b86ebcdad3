/// Something in an expression that Quartz accepts and passes over, or reads otherwise than it looks.
public struct CronLint: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Its place in the text as it was given, from 1.
    public let column: Int
    /// What is ignored and what to write instead, as one sentence without a full stop.
    public let message: String

    public var description: String { "cron expression, column \(column): \(message)" }
}
