import Foundation

/// A measure of scores against labels, with the values of scikit-learn's function of the same purpose.
///
/// Known by its name, some with a parameter: `roc_auc`, `f1@0.3`, `precision@100`.
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

    /// The value on these rows, or nil where it is not defined (one class only, no weight, overflow).
    ///
    /// The columns have equal length; labels are 0 or 1, and scores probabilities, where the metric needs it.
    public func value(labels: [Double], scores: [Double], weights: [Double]? = nil) -> Double? {
        let scorer = definition.scorer(ScoredRows(labels: labels, scores: scores, weights: weights))
        let once = [UInt8](repeating: 1, count: labels.count)
        let value = once.withUnsafeBufferPointer { scorer.value($0) }
        return value.magnitude < largestValue ? value : nil
    }
}

/// Beyond this a difference of two values may no longer be a number.
private let largestValue = 1e300

extension Metric: Hashable {
    public static func == (one: Metric, other: Metric) -> Bool { one.rawValue == other.rawValue }
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

extension Metric: CaseIterable {
    /// One of each name.
    public static let allCases = MetricFamily.catalogue.compactMap { family in
        Metric(rawValue: family.name) ?? Metric(rawValue: "\(family.name)@0.1")
    }

    public static let names = MetricFamily.catalogue.map(\.name)

    /// How each is written, for whoever wrote one wrongly.
    public static let spellings = MetricFamily.catalogue.map { family in
        family.parameter.map {
            "\(family.name)\($0.standard == nil ? "@" : "[@")\($0.rawValue)\($0.standard == nil ? "" : "]")"
        }
            ?? family.name
    }
}

/// Metrics of one name. To add one, add it here; most need nothing else, for their arithmetic is there.
struct MetricFamily: Sendable {
    let name: String
    var parameter: MetricParameter?
    /// Of the parameter; of anything when there is none.
    let definition: @Sendable (Double) -> MetricDefinition

    static let catalogue = [
        // Area under the ROC curve (`roc_auc_score`); a tie counts one half.
        MetricFamily(name: "roc_auc") { _ in .ranking { ROCAUC(rows: $0) } },
        // Step-wise area under precision–recall (`average_precision_score`).
        MetricFamily(name: "average_precision") { _ in .ranking { AveragePrecision(rows: $0) } },
        // Share of positives among the K rows of the highest scores, or among that share of all rows.
        MetricFamily(name: "precision", parameter: .top) { top in
            .ranking { TopRanked(rows: $0, top: top, share: .ofSelected) }
        },
        // Share of all positives that are among them.
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
        // Mean distance of probability and outcome over bins of equal width, as `calibration_curve` makes them.
        MetricFamily(name: "ece", parameter: .bins) { bins in
            MetricDefinition(task: .classification, scores: .probability, greaterIsBetter: false) {
                CalibrationError($0, bins: Int(bins))
            }
        },
        // Share of rows where (score > T) is the label (`accuracy_score`).
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

/// What may follow the name of a metric after `@`.
enum MetricParameter: String {
    /// Scores above it are decided to be 1.
    case threshold = "T"
    /// A number of rows, or a share of them below 1.
    case top = "K"
    case bins = "N"

    /// Where none is given; nil where one has to be.
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

/// What a metric is, whatever rows it is taken on.
struct MetricDefinition: Sendable {
    enum Task { case classification, regression }
    enum Scores { case anyNumber, probability }

    let task: Task
    let scores: Scores
    let greaterIsBetter: Bool
    /// Does all the work that does not depend on how often a row is drawn.
    let scorer: @Sendable (ScoredRows) -> any Scorer

    /// One that only sees the order of the scores.
    static func ranking(_ scorer: @escaping @Sendable (RankedRows) -> any Scorer) -> MetricDefinition {
        MetricDefinition(task: .classification, scores: .anyNumber, greaterIsBetter: true) { scorer(RankedRows($0)) }
    }

    /// The mean of what each row loses; of a probability, or of a predicted number.
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

/// A metric bound to rows, ready to be taken on many resamples of them.
protocol Scorer: Sendable {
    /// The metric where row i is present `counts[i]` times: O(rows), no allocation. Not finite where undefined.
    func value(_ counts: UnsafeBufferPointer<UInt8>) -> Double

    /// What row i brings to the metric: rows that bring the same for both models say nothing about their difference.
    var contributions: [Double] { get }
}
