/// The expected calibration error: the distance between the mean probability of a bin and its share of positives,
/// averaged over the bins by their weight (Naeini, Cooper & Hauskrecht 2015).
///
/// Bins have equal width. Each contains its upper edge, and the first also contains 0, as in scikit-learn's
/// `calibration_curve(strategy="uniform")`.
struct CalibrationError: Scorer {
    /// The scores.
    let contributions: [Double]
    private let binOfRow: [Int]
    /// Score − label of each row, times its weight.
    private let excess: [Double]
    private let weights: [Double]?
    private let bins: Int

    init(_ rows: ScoredRows, bins: Int) {
        let width = 1 / Double(bins)
        contributions = rows.scores
        binOfRow = rows.scores.map { score in
            // Near an edge the quotient may be off by one bin, so compare with the edges themselves.
            var bin = min(max(Int(score / width), 0), bins - 1)
            while bin > 0, score <= Double(bin) * width { bin -= 1 }
            while bin + 1 < bins, score > Double(bin + 1) * width { bin += 1 }
            return bin
        }
        excess = rows.scores.indices.map { (rows.scores[$0] - rows.labels[$0]) * (rows.weights?[$0] ?? 1) }
        weights = rows.weights
        self.bins = bins
    }

    func value(_ counts: UnsafeBufferPointer<UInt8>) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: bins) { sums in
            sums.initialize(repeating: 0)
            var mass = 0.0
            for row in binOfRow.indices where counts[row] > 0 {
                let count = Double(counts[row])
                sums[binOfRow[row]] += count * excess[row]
                mass += count * (weights?[row] ?? 1)
            }
            return sums.reduce(0) { $0 + $1.magnitude } / mass
        }
    }
}
