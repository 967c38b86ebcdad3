/// The expected calibration error: how far the mean probability of a bin is from the share of positives in it, the mean
/// over the bins by their mass (Naeini, Cooper & Hauskrecht 2015).
///
/// Bins have equal width, each contains its upper edge, and the first 0, too: those of scikit-learn's
/// `calibration_curve(strategy="uniform")`.
struct CalibrationError: Scorer {
    /// The scores.
    let contributions: [Double]
    private let binOfRow: [Int]
    /// Score − label of each row, by its weight.
    private let excess: [Double]
    private let weights: [Double]?
    private let bins: Int

    init(_ rows: ScoredRows, bins: Int) {
        let width = 1 / Double(bins)
        contributions = rows.scores
        binOfRow = rows.scores.map { score in
            // Near an edge the quotient may be off by one: the edges themselves decide.
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
