import Foundation

/// The rules that a challenger must pass before it replaces the champion. All must pass; none offsets another.
/// So several rules need no correction for their number (intersection–union test, Berger 1982).
public struct PromotionRules: Sendable, Codable, Hashable {
    /// What happens to a challenger that passes its floors while there is no champion yet.
    public enum First: String, Codable, Sendable { case promote, hold }

    public var first: First
    public var floor: [FloorRule]
    public var improve: [ImproveRule]
    public var noWorse: [NoWorseRule]
    public var slices: [SlicesRule]
    public var guards: [GuardRule]
    /// How often the same holdout may decide; nil if this is not counted.
    public var holdoutBudget: Int?

    public init(
        first: First = .hold, floor: [FloorRule] = [], improve: [ImproveRule] = [], noWorse: [NoWorseRule] = [],
        slices: [SlicesRule] = [], guards: [GuardRule] = [], holdoutBudget: Int? = nil
    ) {
        self.first = first
        self.floor = floor
        self.improve = improve
        self.noWorse = noWorse
        self.slices = slices
        self.guards = guards
        self.holdoutBudget = holdoutBudget
    }

    /// An older ledger has fewer kinds of rules.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        first = try values.decode(First.self, forKey: .first)
        floor = try values.decode([FloorRule].self, forKey: .floor)
        improve = try values.decode([ImproveRule].self, forKey: .improve)
        noWorse = try values.decode([NoWorseRule].self, forKey: .noWorse)
        slices = try values.decodeIfPresent([SlicesRule].self, forKey: .slices) ?? []
        guards = try values.decodeIfPresent([GuardRule].self, forKey: .guards) ?? []
        holdoutBudget = try values.decodeIfPresent(Int.self, forKey: .holdoutBudget)
    }
}

/// The challenger alone must reach `atLeast`. For a metric where less is better, it must not exceed `atLeast`.
public struct FloorRule: Sendable, Codable, Hashable {
    public var metric: Metric
    public var atLeast: Double

    public init(metric: Metric, atLeast: Double) {
        self.metric = metric
        self.atLeast = atLeast
    }
}

/// How to derive a bound from the resamples.
public enum BoundMethod: String, Codable, Sendable, CaseIterable {
    /// Their quantile.
    case percentile
    /// Their quantile at a level corrected for bias and skew (BCa, Efron 1987).
    case bca
}

/// The challenger must be better by more than `by` (≥ 0, in the metric's unit) with this one-sided confidence.
public struct ImproveRule: Sendable, Codable, Hashable {
    public var metric: Metric
    public var by: Double
    public var confidence: Double
    /// Nil means `percentile`.
    public var bound: BoundMethod?

    public init(metric: Metric, by: Double, confidence: Double = 0.95, bound: BoundMethod? = nil) {
        self.metric = metric
        self.by = by
        self.confidence = confidence
        self.bound = bound
    }
}

/// The challenger must be worse by less than `margin` (≥ 0, in the metric's unit) with this one-sided confidence.
public struct NoWorseRule: Sendable, Codable, Hashable {
    public var metric: Metric
    public var margin: Double
    public var confidence: Double
    /// Nil means `percentile`.
    public var bound: BoundMethod?

    public init(metric: Metric, margin: Double, confidence: Double = 0.95, bound: BoundMethod? = nil) {
        self.metric = metric
        self.margin = margin
        self.confidence = confidence
        self.bound = bound
    }
}

/// No slice may be shown to get worse by more than `margin`. Over all slices together, the probability of blaming one
/// by chance is at most 1 − `confidence` (Holm 1979).
public struct SlicesRule: Sendable, Codable, Hashable {
    /// Columns of the evidence. Each value of each column is a slice.
    public var columns: [String]
    public var metric: Metric
    public var margin: Double
    /// Slices with fewer rows are reported but not judged.
    public var minRows: Int
    public var confidence: Double

    public init(columns: [String], metric: Metric, margin: Double, minRows: Int = 200, confidence: Double = 0.95) {
        self.columns = columns
        self.metric = metric
        self.margin = margin
        self.minRows = minRows
        self.confidence = confidence
    }
}

/// The upper limit of a number that a step has reported about the challenger, such as its latency.
public struct GuardRule: Sendable, Codable, Hashable {
    public var value: String
    public var atMost: Double

    public init(value: String, atMost: Double) {
        self.value = value
        self.atMost = atMost
    }
}

/// With fewer resamples beyond a bound than this, the bound depends on the seed.
let fewestBeyondABound = 10.0

/// How many resamples a decision draws.
public let resamplesOfADecision = 10_000

/// One rule of any kind.
public enum Rule: Sendable, Codable, Hashable {
    case floor(FloorRule)
    case improve(ImproveRule)
    case noWorse(NoWorseRule)
    case slices(SlicesRule)
    case atMost(GuardRule)

    /// What the rule measures: a metric, or a reported value.
    public var subject: String {
        switch self {
        case .floor(let rule): rule.metric.rawValue
        case .improve(let rule): rule.metric.rawValue
        case .noWorse(let rule): rule.metric.rawValue
        case .slices(let rule): rule.metric.rawValue
        case .atMost(let rule): rule.value
        }
    }
}

extension PromotionRules {
    /// Every rule, in the order they are reported.
    var all: [Rule] { floor.map(Rule.floor) + guards.map(Rule.atMost) + comparisons + slices.map(Rule.slices) }

    /// The rules that show that the challenger is good enough. Slices only show that it does no harm.
    var comparisons: [Rule] { improve.map(Rule.improve) + noWorse.map(Rule.noWorse) }

    /// The confidence of each use of a holdout, so that `confidence` remains after all uses of the budget.
    func spending(_ confidence: Double) -> Double { 1 - (1 - confidence) / Double(max(holdoutBudget ?? 1, 1)) }

    /// Why no decision is possible with these rules, as a sentence without a full stop; nil if one is.
    public func problem(resamples: Int = resamplesOfADecision) -> String? {
        for rule in floor where !rule.atLeast.isFinite {
            return "the floor of \(rule.metric.rawValue) must be a number, not \(rule.atLeast)"
        }
        for rule in guards where !rule.atMost.isFinite {
            return "at_most.\(rule.value) must be a number, not \(rule.atMost)"
        }
        for rule in improve where !(rule.by.isFinite && rule.by >= 0) {
            return "improve.by of \(rule.metric.rawValue) must be 0 or more, not \(rule.by)"
        }
        for (key, metric, margin) in noWorse.map({ ("no_worse", $0.metric, $0.margin) })
            + slices.map({ ("slices", $0.metric, $0.margin) })
        where !(margin.isFinite && margin >= 0) {
            return "\(key).margin of \(metric.rawValue) must be 0 or more, not \(margin)"
        }
        if let budget = holdoutBudget, budget < 1 { return "holdout.budget must be 1 or more, not \(budget)" }
        for rule in slices where rule.columns.isEmpty { return "slices.columns names no column" }
        let confidences = improve.map(\.confidence) + noWorse.map(\.confidence)
        for confidence in confidences + slices.map(\.confidence) where !(confidence >= 0.5 && confidence < 1) {
            return "a confidence must be from 0.5 to below 1, not \(confidence)"
        }
        for confidence in confidences where Double(resamples) * (1 - spending(confidence)) < fewestBeyondABound - 1e-6 {
            let spent = holdoutBudget.map { ", spent over \($0) uses of the holdout," } ?? ""
            return "a confidence of \(confidence)\(spent) needs more than \(resamples) resamples: "
                + "at least \(Int((fewestBeyondABound / (1 - spending(confidence)) - 1e-6).rounded(.up)))"
        }
        return nil
    }
}
