import Foundation

public enum Verdict: String, Codable, Sendable {
    case promoted
    case notPromoted = "not_promoted"
}

/// The rules' verdict on one piece of evidence, with enough detail to explain it without the evidence.
public struct Decision: Sendable, Codable, Equatable {
    public let verdict: Verdict
    public let ground: Ground
    /// One for each rule, passed or not, in the order floor, guards, improve, no_worse, slices. Empty if nothing could
    /// be computed.
    public let findings: [Finding]
    /// Rows of the evidence; 0 if it was unreadable.
    public let rows: Int
    /// Number of resamples; 0 if nothing was compared.
    public let resamples: Int
    public let seed: UInt64
}

/// The reason for a decision.
public enum Ground: Sendable, Codable, Equatable {
    /// There is a champion, and every rule was applied.
    case rules
    /// There is no champion, so the floors alone decided.
    case floorsOfFirst
    /// There is no champion, and the rules say `first: hold`.
    case firstHeld
    /// There is a champion, but the evidence does not score it.
    case championNotScored
    /// There is no champion, but the evidence scores one. It was made against a model that the registry does not know.
    case championUnknown
    /// There is a champion, but no rule compares with it.
    case nothingCompared
    /// The challenger was trained on rows of the evidence.
    case trainedOnHoldout(rows: Int, example: String)
    /// The budget of the holdout is spent.
    case holdoutSpent(uses: Int, budget: Int)
    /// A person wants to roll back to a version that was champion before.
    case rolledBack(by: String, reason: String)
    /// A person wants a version that no rule judged here to be champion, for example one that somebody moved the alias to.
    case accepted(by: String, reason: String)
    case unusableRules(why: String)
    case unusableEvidence(why: String)
}

/// One rule with the numbers it was judged by.
public struct Finding: Sendable, Codable, Equatable {
    public enum Outcome: String, Codable, Sendable {
        case passed, failed
        /// The rule compares, but there was nothing to compare with.
        case notApplied = "not_applied"
    }

    public let rule: Rule
    public let outcome: Outcome
    /// The challenger's metric on all rows, or the reported value; nil if there was none.
    public let challenger: Double?
    /// Nil for a rule about the challenger alone, and if there is no champion.
    public let comparison: Comparison?
    /// For a rule about slices: each slice, by column and value.
    public var slices: [SliceFinding]?
}

/// The two models on the same rows.
public struct Comparison: Sendable, Codable, Equatable {
    public let champion: Double
    /// Challenger − champion in the metric's unit, positive where the challenger is better.
    public let difference: Double
    public let interval: Interval
    /// Rows (or groups, if the evidence has them) that contribute differently to the two models' metrics.
    public let unitsThatDiffer: Int
    /// The confidence of each bound: the rule's, or higher if a holdout has a budget. Nil in an older ledger.
    public var confidence: Double?
    /// DeLong's bounds, for comparison. Only for ROC AUC on independent rows without weights.
    public var delong: DeLong?
}

/// Bootstrap bounds of the difference, each one-sided at the comparison's confidence.
public enum Interval: Sendable, Codable, Equatable {
    case bounds(lower: Double, upper: Double)
    /// The smallest class has only this many rows (or groups), too few for a bound with the wanted confidence.
    case tooFew(units: Int)
    /// The metric is undefined on too many resamples.
    case undefined
}

/// The difference of two areas under the ROC curve by normal approximation.
public struct DeLong: Sendable, Codable, Equatable {
    public let standardError: Double
    public let lower: Double
    public let upper: Double
}

/// One slice of the evidence.
public struct SliceFinding: Sendable, Codable, Equatable {
    public enum Outcome: String, Codable, Sendable {
        /// Not shown to get worse by more than the margin.
        case passed
        case worse
        /// Too few rows, or too few of one class, to judge.
        case tooSmall = "too_small"
    }

    public let column: String
    public let value: String
    public let rows: Int
    public var outcome: Outcome
    /// Nil if the metric is undefined on these rows.
    public let challenger: Double?
    public let champion: Double?
    /// Challenger − champion, positive where the challenger is better.
    public let difference: Double?
    /// One-sided bounds at the rule's confidence, for this slice alone.
    public let lower: Double?
    public let upper: Double?
    /// The p-value of "worse by no more than the margin", after Holm; nil for a slice that was not judged.
    public var adjustedP: Double?
}
