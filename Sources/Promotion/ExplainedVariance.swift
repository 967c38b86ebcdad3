/// 1 − Σ (ŷ − y)² / Σ (y − ȳ)², as scikit-learn's `r2_score`. Undefined if all labels are equal.
struct ExplainedVariance: Scorer {
    /// Squared errors.
    let contributions: [Double]
    /// Label − mean of all labels, so that sums of their squares lose no digits.
    private let centred: [Double]
    private let weights: [Double]?

    init(_ rows: ScoredRows) {
        let mean = rows.labels.reduce(0, +) / Double(max(rows.labels.count, 1))
        contributions = zip(rows.labels, rows.scores).map { label, score in (score - label) * (score - label) }
        centred = rows.labels.map { $0 - mean }
        weights = rows.weights
    }

    func value(_ counts: UnsafeBufferPointer<UInt8>) -> Double {
        var mass = 0.0
        var error = 0.0
        var sum = 0.0
        var squares = 0.0
        for row in centred.indices where counts[row] > 0 {
            let count = Double(counts[row]) * (weights?[row] ?? 1)
            mass += count
            error += count * contributions[row]
            sum += count * centred[row]
            squares += count * centred[row] * centred[row]
        }
        let total = squares - sum * sum / mass
        return total > 0 ? 1 - error / total : .nan
    }
}
