import Foundation

/// A measure of scores against labels. Its values equal those of the corresponding scikit-learn function.
///
/// Identified by its name, some with a parameter: `roc_auc`, `f1@0.3`, `precision@100`.
public struct Metric: RawRepresentable, Codable, Sendable {
    public let rawValue: String
    let definition: MetricDefinition

    /// Nil for a name that is not in the catalogue, or a parameter that the metric does not take.
    public init?(rawValue: String) {
        let parts = rawValue.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let family = MetricFamily.catalogue.first(where: { $0.name == parts[0] }) else { return nil }
        let definition: MetricDefinition?
        switch (family.parameter, parts.count) {
        case (nil, 1): definition = family.definition(.nan)
        case (let parameter?, 1): definition = parameter.standard.map(family.definition)
        case (let parameter?, _):
            definition = Double(parts[1]).flatMap { parameter.accepts($0) ? $0 : nil }.map(family.definition)
        case (nil, _): definition = nil
        }
        guard let definition else { return nil }
        self.rawValue = rawValue
        self.definition = definition
    }

    public var greaterIsBetter: Bool { definition.greaterIsBetter }

    /// The value on these rows; nil if it is undefined (one class only, no weight, overflow).
    ///
    /// The columns have equal length. Labels are 0 or 1, and scores are probabilities, if the metric requires it.
    public func value(labels: [Double], scores: [Double], weights: [Double]? = nil) -> Double? {
        let scorer = definition.scorer(ScoredRows(labels: labels, scores: scores, weights: weights))
        let once = [UInt8](repeating: 1, count: labels.count)
        let value = once.withUnsafeBufferPointer { scorer.value($0) }
        return value.magnitude < largestValue ? value : nil
    }
}

/// Above this, the difference of two values may not be a number any more.
private let largestValue = 1e300

extension Metric: Hashable {
    public static func == (one: Metric, other: Metric) -> Bool { one.rawValue == other.rawValue }
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

extension Metric: CaseIterable {
    /// One metric of each name.
    public static let allCases = MetricFamily.catalogue.compactMap { family in
        Metric(rawValue: family.name) ?? Metric(rawValue: "\(family.name)@0.1")
    }

    public static let names = MetricFamily.catalogue.map(\.name)

    /// How each metric is written, for error messages.
    public static let spellings = MetricFamily.catalogue.map { family in
        family.parameter.map {
            "\(family.name)\($0.standard == nil ? "@" : "[@")\($0.rawValue)\($0.standard == nil ? "" : "]")"
        }
            ?? family.name
    }
}

/// The metrics of one name. To add one, add it here. Most need nothing else, because their arithmetic is here.
struct MetricFamily: Sendable {
    let name: String
    var parameter: MetricParameter?
    /// Takes the parameter; ignores it if the metric has none.
    let definition: @Sendable (Double) -> MetricDefinition

    static let catalogue = [
        // Area under the ROC curve (`roc_auc_score`); a tie counts one half.
        MetricFamily(name: "roc_auc") { _ in .ranking { ROCAUC(rows: $0) } },
        // Step-wise area under precision–recall (`average_precision_score`).
        MetricFamily(name: "average_precision") { _ in .ranking { AveragePrecision(rows: $0) } },
        // Share of positives among the K rows with the highest scores, or among that share of all rows.
        MetricFamily(name: "precision", parameter: .top) { top in
            .ranking { TopRanked(rows: $0, top: top, share: .ofSelected) }
        },
        // Share of all positives that are among those rows.
        MetricFamily(name: "recall", parameter: .top) { top in
            .ranking { TopRanked(rows: $0, top: top, share: .ofPositives) }
        },
        // Mean squared error of the probability (`brier_score_loss`).
        MetricFamily(name: "brier") { _ in
            .loss(of: .probability) { label, score in (score - label) * (score - label) }
        },
        // Mean negative log-likelihood in nats (`log_loss`), clipped to [ε, 1 − ε] with ε = 2⁻⁵².
        MetricFamily(name: "log_loss") { _ in
            .loss(of: .probability) { label, score in
                -log(min(max(label == 1 ? score : 1 - score, .ulpOfOne), 1 - .ulpOfOne))
            }
        },
        // Mean distance of probability and outcome over bins of equal width, as in `calibration_curve`.
        MetricFamily(name: "ece", parameter: .bins) { bins in
            MetricDefinition(task: .classification, scores: .probability, greaterIsBetter: false) {
                CalibrationError($0, bins: Int(bins))
            }
        },
        // Share of rows where (score > T) equals the label (`accuracy_score`).
        MetricFamily(name: "accuracy", parameter: .threshold) { threshold in
            MetricDefinition(task: .classification, scores: .probability, greaterIsBetter: true) {
                MeanLoss($0) { label, score in (score > threshold) == (label == 1) ? 1 : 0 }
            }
        },
        // Harmonic mean of precision and recall where (score > T) is the decision (`f1_score`).
        MetricFamily(name: "f1", parameter: .threshold) { threshold in
            MetricDefinition(task: .classification, scores: .probability, greaterIsBetter: true) {
                FScore($0, threshold: threshold)
            }
        },
        // Root of the mean squared error, in the label's unit (`root_mean_squared_error`).
        MetricFamily(name: "rmse") { _ in
            MetricDefinition(task: .regression, scores: .anyNumber, greaterIsBetter: false) {
                MeanLoss($0, finish: .squareRoot) { label, score in (score - label) * (score - label) }
            }
        },
        // Mean absolute error, in the label's unit (`mean_absolute_error`).
        MetricFamily(name: "mae") { _ in .loss(of: .anyNumber) { label, score in abs(score - label) } },
        // Share of the labels' variance that is explained (`r2_score`).
        MetricFamily(name: "r2") { _ in
            MetricDefinition(task: .regression, scores: .anyNumber, greaterIsBetter: true) { ExplainedVariance($0) }
        },
    ]
}

/// The parameter that may follow a metric's name after `@`.
enum MetricParameter: String {
    /// Scores above it count as 1.
    case threshold = "T"
    /// A number of rows, or a share of them below 1.
    case top = "K"
    case bins = "N"

    /// The default; nil if a parameter is required.
    var standard: Double? {
        switch self {
        case .threshold: 0.5
        case .top: nil
        case .bins: 10
        }
    }

    func accepts(_ value: Double) -> Bool {
        switch self {
        case .threshold: (0..<1).contains(value)
        case .top: value > 0 && (value < 1 || value == value.rounded()) && value < 1e9
        case .bins: (1...1_000).contains(value) && value == value.rounded()
        }
    }
}

/// A metric, independent of the rows it is measured on.
struct MetricDefinition: Sendable {
    enum Task { case classification, regression }
    enum Scores { case anyNumber, probability }

    let task: Task
    let scores: Scores
    let greaterIsBetter: Bool
    /// Does all the work that does not depend on how often a row is drawn.
    let scorer: @Sendable (ScoredRows) -> any Scorer

    /// A metric that depends only on the order of the scores.
    static func ranking(_ scorer: @escaping @Sendable (RankedRows) -> any Scorer) -> MetricDefinition {
        MetricDefinition(task: .classification, scores: .anyNumber, greaterIsBetter: true) { scorer(RankedRows($0)) }
    }

    /// The mean loss per row, of a probability or of a predicted number.
    static func loss(of scores: Scores, _ loss: @escaping @Sendable (_ label: Double, _ score: Double) -> Double)
        -> MetricDefinition
    {
        MetricDefinition(
            task: scores == .probability ? .classification : .regression, scores: scores, greaterIsBetter: false
        ) { MeanLoss($0, loss: loss) }
    }
}

/// One model's scores on the rows, in the order they are drawn.
struct ScoredRows {
    let labels: [Double]
    let scores: [Double]
    let weights: [Double]?
}

/// A metric bound to rows, ready to be measured on many resamples of them.
protocol Scorer: Sendable {
    /// The metric if row i is present `counts[i]` times: O(rows), no allocation. Not finite if undefined.
    func value(_ counts: UnsafeBufferPointer<UInt8>) -> Double

    /// The contribution of each row to the metric. A row that contributes the same for both models says nothing about
    /// their difference.
    var contributions: [Double] { get }
}
