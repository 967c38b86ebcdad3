import Foundation

/// The report that a monitoring step writes to the output named under `monitor:`. Pages draw it.
public struct MonitorReport: Sendable, Codable, Hashable {
    /// One comparison of the window with the reference.
    public struct Measure: Sendable, Codable, Hashable {
        /// A feature, or `score`.
        public var name: String
        /// `psi`, `ks`, …
        public var statistic: String
        public var value: Double
        /// The warning limit, and the value from which on it is drift.
        public var warn: Double?
        public var limit: Double?
        /// The probability of a value like this without drift.
        public var p: Double?
        public var rows: Int?

        public init(
            name: String, statistic: String, value: Double, warn: Double?, limit: Double?, p: Double?, rows: Int?
        ) {
            self.name = name
            self.statistic = statistic
            self.value = value
            self.warn = warn
            self.limit = limit
            self.p = p
            self.rows = rows
        }
    }

    public struct Window: Sendable, Codable, Hashable {
        /// Logical times, RFC 3339.
        public var from: String
        public var to: String
        public var rows: Int
    }

    public struct Reference: Sendable, Codable, Hashable {
        public var name: String
        public var rows: Int
    }

    /// `espalier.monitor/1`
    public var kind: String
    public var summary: String
    public var drift: Bool
    public var window: Window
    public var reference: Reference
    public var measures: [Measure]
    /// The step that wrote it; nil in the file itself.
    public var step: String?

    public static let kind = "espalier.monitor/1"

    /// Reads a step's report.
    ///
    /// - Returns: nil and what is wrong, if it cannot be read.
    public static func read(_ data: Data) -> (report: MonitorReport?, problem: String?) {
        do {
            let report = try JSONDecoder().decode(MonitorReport.self, from: data)
            return report.kind == kind ? (report, nil) : (nil, "its kind is '\(report.kind)', not '\(kind)'")
        } catch DecodingError.keyNotFound(let key, let context) {
            let place = (context.codingPath + [key]).map(\.stringValue).joined(separator: ".")
            return (nil, "'\(place)' is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            return (nil, "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' is of another type")
        } catch {
            return (nil, "it is not JSON")
        }
    }
}
