/// A part of an expression that Quartz accepts but ignores, or reads differently than it looks.
public struct CronLint: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Column in the original text, from 1.
    public let column: Int
    /// What is ignored and what to write instead, as one sentence without a full stop.
    public let message: String

    public var description: String { "cron expression, column \(column): \(message)" }
}
