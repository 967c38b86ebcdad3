import Foundation

/// Metrics of a probability of the label 1, from 0 to 1.
enum ProbabilityMetrics {
    /// (p − y)², as scikit-learn's `brier_score_loss` for two classes.
    static let brier = MetricDefinition(task: .classification, scores: .probability, greaterIsBetter: false) { rows in
        MeanLoss(rows) { label, score in (score - label) * (score - label) }
    }

    /// −ln of the probability given to the true class, clipped to [ε, 1 − ε] with ε = 2⁻⁵², as scikit-learn's
    /// `log_loss`.
    static let logLoss = MetricDefinition(task: .classification, scores: .probability, greaterIsBetter: false) { rows in
        MeanLoss(rows) { label, score in
            let ofTrueClass = label == 1 ? score : 1 - score
            return -log(min(max(ofTrueClass, .ulpOfOne), 1 - .ulpOfOne))
        }
    }
}
