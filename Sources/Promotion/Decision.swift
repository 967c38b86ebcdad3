import Foundation

public enum Verdict: String, Codable, Sendable {
    case promoted
    case notPromoted = "not_promoted"
}

/// What the rules say of one piece of evidence: enough to see why without the evidence at hand.
public struct Decision: Sendable, Codable, Equatable {
    public let verdict: Verdict
    public let ground: Ground
    /// One for each rule, passed or not, in the order floor, improve, no_worse; none where nothing could be computed.
    public let findings: [Finding]
    /// Rows of the evidence; 0 when it was not readable.
    public let rows: Int
    /// Resamples that were drawn, 0 where nothing was compared.
    public let resamples: Int
    public let seed: UInt64
}

/// What a decision rests on.
public enum Ground: Sendable, Codable, Equatable {
    /// There is a champion, and every rule was applied.
    case rules
    /// There is no champion: the floors alone decided.
    case floorsOfFirst
    /// There is no champion, and the rules hold the first challenger back.
    case firstHeld
    /// There is a champion, but the evidence does not score it.
    case championNotScored
    /// There is no champion, but the evidence scores one: it was made against something the registry does not know.
    case championUnknown
    /// There is a champion, but no rule compares with it.
    case nothingCompared
    case unusableRules(why: String)
    case unusableEvidence(why: String)
}

/// One rule with the numbers it was judged by.
public struct Finding: Sendable, Codable, Equatable {
    public enum Outcome: String, Codable, Sendable {
        case passed, failed
        /// The rule compares, and there was nothing to compare with.
        case notApplied = "not_applied"
    }

    public let rule: Rule
    public let outcome: Outcome
    /// The challenger's metric on the rows as they are.
    public let challenger: Double
    /// Nil for a floor, and where there is no champion.
    public let comparison: Comparison?
}

/// The two models on the same rows.
public struct Comparison: Sendable, Codable, Equatable {
    public let champion: Double
    /// Challenger − champion in the metric's unit, positive where the challenger is better.
    public let difference: Double
    public let interval: Interval
    /// Rows (groups, where the evidence has them) that bring something else to the two models' metrics.
    public let unitsThatDiffer: Int
}

/// Percentile bootstrap bounds of the difference, each one-sided at the rule's confidence.
public enum Interval: Sendable, Codable, Equatable {
    case bounds(lower: Double, upper: Double)
    /// The smallest class has this few rows (or groups); no bound was taken.
    case tooFew(units: Int)
    /// The metric is not defined on too many resamples.
    case undefined
}
