import Foundation

/// What a challenger has to show before it replaces the champion. All rules have to pass: none makes up for another,
/// which is why several need no correction for their number (intersection–union test, Berger 1982).
public struct PromotionRules: Sendable, Codable, Hashable {
    /// What happens to a challenger that passes its floors while there is no champion yet.
    public enum First: String, Codable, Sendable { case promote, hold }

    public var first: First
    public var floor: [FloorRule]
    public var improve: [ImproveRule]
    public var noWorse: [NoWorseRule]

    public init(
        first: First = .hold, floor: [FloorRule] = [], improve: [ImproveRule] = [], noWorse: [NoWorseRule] = []
    ) {
        self.first = first
        self.floor = floor
        self.improve = improve
        self.noWorse = noWorse
    }
}

/// The challenger alone must reach `atLeast`; for a metric where less is better, `atLeast` is the most it may be.
public struct FloorRule: Sendable, Codable, Hashable {
    public var metric: Metric
    public var atLeast: Double

    public init(metric: Metric, atLeast: Double) {
        self.metric = metric
        self.atLeast = atLeast
    }
}

/// The challenger must be better by more than `by` (≥ 0, in the metric's unit) with this one-sided confidence.
public struct ImproveRule: Sendable, Codable, Hashable {
    public var metric: Metric
    public var by: Double
    public var confidence: Double

    public init(metric: Metric, by: Double, confidence: Double = 0.95) {
        self.metric = metric
        self.by = by
        self.confidence = confidence
    }
}

/// The challenger must be worse by less than `margin` (≥ 0, in the metric's unit) with this one-sided confidence.
public struct NoWorseRule: Sendable, Codable, Hashable {
    public var metric: Metric
    public var margin: Double
    public var confidence: Double

    public init(metric: Metric, margin: Double, confidence: Double = 0.95) {
        self.metric = metric
        self.margin = margin
        self.confidence = confidence
    }
}

/// Any one of the rules.
public enum Rule: Sendable, Codable, Hashable {
    case floor(FloorRule)
    case improve(ImproveRule)
    case noWorse(NoWorseRule)

    public var metric: Metric {
        switch self {
        case .floor(let rule): rule.metric
        case .improve(let rule): rule.metric
        case .noWorse(let rule): rule.metric
        }
    }
}

extension PromotionRules {
    /// Every rule, in the order they are reported.
    var all: [Rule] { floor.map(Rule.floor) + comparisons }
    /// The rules that need a champion.
    var comparisons: [Rule] { improve.map(Rule.improve) + noWorse.map(Rule.noWorse) }

    /// Why these rules cannot be decided by, as a sentence without its full stop, or nil.
    func problem(resamples: Int) -> String? {
        for rule in floor where !rule.atLeast.isFinite {
            return "the floor of \(rule.metric.rawValue) must be a number, not \(rule.atLeast)"
        }
        for rule in improve where !(rule.by.isFinite && rule.by >= 0) {
            return "improve.by of \(rule.metric.rawValue) must be 0 or more, not \(rule.by)"
        }
        for rule in noWorse where !(rule.margin.isFinite && rule.margin >= 0) {
            return "no_worse.margin of \(rule.metric.rawValue) must be 0 or more, not \(rule.margin)"
        }
        for confidence in improve.map(\.confidence) + noWorse.map(\.confidence) {
            if !(confidence >= 0.5 && confidence < 1) {
                return "a confidence must be from 0.5 to below 1, not \(confidence)"
            }
            // Fewer resamples beyond the bound than this, and the bound is an accident of the seed.
            if Double(resamples) * (1 - confidence) < 10 {
                return "a confidence of \(confidence) needs more than \(resamples) resamples: "
                    + "at least \((10 / (1 - confidence)).rounded(.up))"
            }
        }
        return nil
    }
}
