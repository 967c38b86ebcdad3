import Foundation

/// A metric that is the weighted mean of a loss per row, or the root of that mean.
struct MeanLoss: Scorer {
    enum Finish { case none, squareRoot }

    let contributions: [Double]
    private let weights: [Double]?
    private let finish: Finish

    /// `loss` takes a row's label and score.
    init(_ rows: ScoredRows, finish: Finish = .none, loss: (_ label: Double, _ score: Double) -> Double) {
        contributions = zip(rows.labels, rows.scores).map(loss)
        weights = rows.weights
        self.finish = finish
    }

    func value(_ counts: UnsafeBufferPointer<UInt8>) -> Double {
        let value =
            if let weights {
                weights.withUnsafeBufferPointer { weights in
                    mean(counts) { row, count in Double(count) * weights[row] }
                }
            } else {
                mean(counts) { _, count in Double(count) }
            }
        return switch finish {
        case .none: value
        case .squareRoot: value.squareRoot()
        }
    }

    /// Adds up four independent sums (SIMD), so that additions do not wait for each other.
    @inline(__always)
    private func mean(_ counts: UnsafeBufferPointer<UInt8>, mass: (Int, UInt8) -> Double) -> Double {
        contributions.withUnsafeBufferPointer { losses in
            var sums = SIMD4<Double>.zero
            var masses = SIMD4<Double>.zero
            let whole = losses.count & ~3
            for row in stride(from: 0, to: whole, by: 4) {
                let drawn = SIMD4(
                    mass(row, counts[row]), mass(row + 1, counts[row + 1]),
                    mass(row + 2, counts[row + 2]), mass(row + 3, counts[row + 3]))
                masses += drawn
                sums += drawn * SIMD4(losses[row], losses[row + 1], losses[row + 2], losses[row + 3])
            }
            for row in whole..<losses.count {
                masses[0] += mass(row, counts[row])
                sums[0] += mass(row, counts[row]) * losses[row]
            }
            return sums.sum() / masses.sum()
        }
    }
}
