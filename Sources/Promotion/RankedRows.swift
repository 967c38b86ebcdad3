import Foundation

/// Rows by descending score, sorted once for all resamples.
struct RankedRows: Sendable {
    /// Row index with two flag bits (last of its ties, positive), so that the sweep reads one stream.
    private let entries: [UInt32]
    private let weights: [Double]?
    let scores: [Double]

    private static let positive: UInt32 = 1, lastOfTies: UInt32 = 2, shift: UInt32 = 2

    /// At most 2^30 rows.
    init(_ rows: ScoredRows) {
        let scores = rows.scores
        let order = scores.indices.sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1] }
        entries = order.indices.map { rank in
            let row = order[rank]
            let isLast = rank + 1 == order.count || scores[order[rank + 1]] != scores[row]
            return UInt32(row) << Self.shift | (rows.labels[row] == 1 ? Self.positive : 0)
                | (isLast ? Self.lastOfTies : 0)
        }
        weights = rows.weights.map { weights in order.map { weights[$0] } }
        self.scores = scores
    }

    /// Calls `body` with the weight of positives and of negatives at each distinct score, highest score first.
    ///
    /// Without weights these are whole numbers, so the result does not depend on the order of summing.
    @inline(__always)
    func sweep(_ counts: UnsafeBufferPointer<UInt8>, _ body: (_ positives: Double, _ negatives: Double) -> Void) {
        if let weights {
            weights.withUnsafeBufferPointer { weights in
                sweep(counts, mass: { rank, count in Double(count) * weights[rank] }, body)
            }
        } else {
            sweep(counts, mass: { _, count in Int(count) }, { body(Double($0), Double($1)) })
        }
    }

    @inline(__always)
    private func sweep<Mass: Numeric>(
        _ counts: UnsafeBufferPointer<UInt8>, mass: (Int, UInt8) -> Mass, _ body: (Mass, Mass) -> Void
    ) {
        entries.withUnsafeBufferPointer { entries in
            var positives = Mass.zero
            var negatives = Mass.zero
            for rank in entries.indices {
                let entry = entries[rank]
                let count = counts[Int(entry >> Self.shift)]
                let isPositive = UInt8(truncatingIfNeeded: entry & Self.positive)
                positives += mass(rank, count &* isPositive)
                negatives += mass(rank, count &* (1 &- isPositive))
                guard entry & Self.lastOfTies != 0 else { continue }
                body(positives, negatives)
                positives = .zero
                negatives = .zero
            }
        }
    }
}

/// Mann–Whitney's U divided by the number of pairs, ties one half (Hanley & McNeil 1982). Equals the sum of trapezoids
/// of scikit-learn's `roc_auc_score`, with `sample_weight` as masses.
struct ROCAUC: Scorer {
    let rows: RankedRows
    var contributions: [Double] { rows.scores }

    func value(_ counts: UnsafeBufferPointer<UInt8>) -> Double {
        var above = 0.0
        var below = 0.0
        var wonTwice = 0.0
        rows.sweep(counts) { positives, negatives in
            wonTwice += negatives * (2 * above + positives)
            above += positives
            below += negatives
        }
        return wonTwice / (2 * above * below)
    }
}

/// Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct scores, without interpolation: scikit-learn's `average_precision_score`.
struct AveragePrecision: Scorer {
    let rows: RankedRows
    var contributions: [Double] { rows.scores }

    func value(_ counts: UnsafeBufferPointer<UInt8>) -> Double {
        var found = 0.0
        var selected = 0.0
        var area = 0.0
        rows.sweep(counts) { positives, negatives in
            found += positives
            selected += positives + negatives
            if positives > 0 { area += positives * found / selected }
        }
        return area / found
    }
}

/// Precision or recall among the rows with the highest scores. If equal scores straddle the cut-off, the same part of
/// each is included: the mean over all orders of equal scores.
struct TopRanked: Scorer {
    enum Share { case ofSelected, ofPositives }

    let rows: RankedRows
    /// A number of rows, or of their weights; below 1, a share of all.
    let top: Double
    let share: Share
    var contributions: [Double] { rows.scores }

    func value(_ counts: UnsafeBufferPointer<UInt8>) -> Double {
        var positives = 0.0
        var all = 0.0
        rows.sweep(counts) { some, others in
            positives += some
            all += some + others
        }
        let wanted = top < 1 ? top * all : min(top, all)
        var selected = 0.0
        var found = 0.0
        rows.sweep(counts) { some, others in
            guard selected < wanted, some + others > 0 else { return }
            let part = min(1, (wanted - selected) / (some + others))
            found += part * some
            selected += part * (some + others)
        }
        return switch share {
        case .ofSelected: found / wanted
        case .ofPositives: found / positives
        }
    }
}
