import Foundation

/// Metrics of the class that is decided from a probability.
enum DecisionMetrics {
    /// 1 where (p > 0.5) is the label. Exactly 0.5 is class 0, as the first of equals in `argmax(predict_proba)`.
    static let accuracy = MetricDefinition(task: .classification, scores: .probability, greaterIsBetter: true) { rows in
        MeanLoss(rows) { label, score in (score > 0.5) == (label == 1) ? 1 : 0 }
    }
}
