import Foundation

/// A measure of scores against labels, with the values of scikit-learn's function of the same purpose.
///
/// To add one: a case here with its line in `definition`, and its arithmetic in the file of its family.
public enum Metric: String, Codable, CaseIterable, Sendable {
    /// Area under the ROC curve (`roc_auc_score`); a tie counts one half.
    case rocAUC = "roc_auc"
    /// Step-wise area under precision–recall (`average_precision_score`).
    case averagePrecision = "average_precision"
    /// Mean squared error of the probability (`brier_score_loss`).
    case brier
    /// Mean negative log-likelihood in nats (`log_loss`).
    case logLoss = "log_loss"
    /// Share of rows where (score > 0.5) is the label (`accuracy_score`).
    case accuracy
    /// Root of the mean squared error, in the label's unit (`root_mean_squared_error`).
    case rmse
    /// Mean absolute error, in the label's unit (`mean_absolute_error`).
    case mae

    var definition: MetricDefinition {
        switch self {
        case .rocAUC: RankingMetrics.rocAUC
        case .averagePrecision: RankingMetrics.averagePrecision
        case .brier: ProbabilityMetrics.brier
        case .logLoss: ProbabilityMetrics.logLoss
        case .accuracy: DecisionMetrics.accuracy
        case .rmse: RegressionMetrics.rmse
        case .mae: RegressionMetrics.mae
        }
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

/// What a metric is, whatever rows it is taken on.
struct MetricDefinition: Sendable {
    enum Task { case classification, regression }
    enum Scores { case anyNumber, probability }

    let task: Task
    let scores: Scores
    let greaterIsBetter: Bool
    /// Does all the work that does not depend on how often a row is drawn.
    let scorer: @Sendable (ScoredRows) -> any Scorer
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
