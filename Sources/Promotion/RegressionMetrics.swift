import Foundation

/// Metrics of a predicted number.
enum RegressionMetrics {
    /// √ of the mean of (ŷ − y)², as scikit-learn's `root_mean_squared_error`.
    static let rmse = MetricDefinition(task: .regression, scores: .anyNumber, greaterIsBetter: false) { rows in
        MeanLoss(rows, finish: .squareRoot) { label, score in (score - label) * (score - label) }
    }

    /// Mean of |ŷ − y|, as scikit-learn's `mean_absolute_error`.
    static let mae = MetricDefinition(task: .regression, scores: .anyNumber, greaterIsBetter: false) { rows in
        MeanLoss(rows) { label, score in abs(score - label) }
    }
}
