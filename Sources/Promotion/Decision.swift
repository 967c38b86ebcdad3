import Foundation

public enum Verdict: String, Codable, Sendable {
    case promoted
    case notPromoted = "not_promoted"
}

/// What the rules say of one piece of evidence: enough to see why without the evidence at hand.
public struct Decision: Sendable, Codable, Equatable {
    public let verdict: Verdict
    public let ground: Ground
    /// One for each rule, passed or not, in the order floor, guards, improve, no_worse, slices; none where nothing could
    /// be computed.
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
    /// The challenger has seen some of the rows that it was judged by.
    case trainedOnHoldout(rows: Int, example: String)
    /// The holdout has decided as often as it may.
    case holdoutSpent(uses: Int, budget: Int)
    /// A person wants a version back that was champion before.
    case rolledBack(by: String, reason: String)
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
    /// The challenger's metric on the rows as they are, or what was reported of it; nil when nothing was.
    public let challenger: Double?
    /// Nil for a rule of the challenger alone, and where there is no champion.
    public let comparison: Comparison?
    /// Of a rule about slices, each of them, by column and value.
    public var slices: [SliceFinding]?
}

/// The two models on the same rows.
public struct Comparison: Sendable, Codable, Equatable {
    public let champion: Double
    /// Challenger − champion in the metric's unit, positive where the challenger is better.
    public let difference: Double
    public let interval: Interval
    /// Rows (groups, where the evidence has them) that bring something else to the two models' metrics.
    public let unitsThatDiffer: Int
    /// The confidence of each bound: the rule's, or more where a holdout's budget is spent. Nil in an older ledger.
    public var confidence: Double?
    /// The bounds by another way, to compare: only of an ROC AUC of independent rows without weights.
    public var delong: DeLong?
}

/// Bootstrap bounds of the difference, each one-sided at the comparison's confidence.
public enum Interval: Sendable, Codable, Equatable {
    case bounds(lower: Double, upper: Double)
    /// The smallest class has this few rows (or groups): no bound could be taken with the confidence that is wanted.
    case tooFew(units: Int)
    /// The metric is not defined on too many resamples.
    case undefined
}

/// The difference of two areas under the ROC curve by normal theory.
public struct DeLong: Sendable, Codable, Equatable {
    public let standardError: Double
    public let lower: Double
    public let upper: Double
}

/// One slice of the evidence.
public struct SliceFinding: Sendable, Codable, Equatable {
    public enum Outcome: String, Codable, Sendable {
        /// Not shown to be worse by more than the margin.
        case passed
        case worse
        /// Too few rows, or of one class, to be judged.
        case tooSmall = "too_small"
    }

    public let column: String
    public let value: String
    public let rows: Int
    public var outcome: Outcome
    /// Nil where the metric is not defined on these rows.
    public let challenger: Double?
    public let champion: Double?
    /// Challenger − champion, positive where the challenger is better.
    public let difference: Double?
    /// One-sided bounds at the rule's confidence, for this slice by itself.
    public let lower: Double?
    public let upper: Double?
    /// Of "it is worse by no more than the margin", after Holm; nil for a slice that was not judged.
    public var adjustedP: Double?
}
