/// 2 TP / (2 TP + FP + FN), where a score above the threshold is decided as 1; scikit-learn's `f1_score`.
struct FScore: Scorer {
    /// The decision, 0 or 1.
    let contributions: [Double]
    private let labels: [Double]
    private let weights: [Double]?

    init(_ rows: ScoredRows, threshold: Double) {
        contributions = rows.scores.map { $0 > threshold ? 1 : 0 }
        labels = rows.labels
        weights = rows.weights
    }

    func value(_ counts: UnsafeBufferPointer<UInt8>) -> Double {
        var hits = 0.0
        var decided = 0.0
        var positives = 0.0
        for row in labels.indices where counts[row] > 0 {
            let mass = Double(counts[row]) * (weights?[row] ?? 1)
            hits += mass * labels[row] * contributions[row]
            decided += mass * contributions[row]
            positives += mass * labels[row]
        }
        return 2 * hits / (decided + positives)
    }
}
