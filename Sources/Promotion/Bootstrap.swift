import Foundation

/// The paired bootstrap. Both models are measured on the same resamples, so rows that are hard for both cancel out.
struct Bootstrap: Sendable {
    let resampling: Resampling
    private let pairs: [Metric: Pair]
    private let weights: [Double]?

    private struct Pair: Sendable {
        let challenger: any Scorer
        let champion: any Scorer
        let sign: Double

        func difference(_ counts: UnsafeBufferPointer<UInt8>) -> Double {
            sign * (challenger.value(counts) - champion.value(counts))
        }
    }

    /// - Parameters:
    ///   - champion: its scores on the rows of the evidence.
    ///   - metrics: all for the task that `resampling` was made for.
    init(_ evidence: Evidence, champion: [Double], metrics: Set<Metric>, resampling: Resampling) {
        let order = resampling.order
        let weights = evidence.weights.map { weights in order.map { weights[$0] } }
        func rows(_ scores: [Double]) -> ScoredRows {
            ScoredRows(
                labels: order.map { evidence.labels[$0] }, scores: order.map { scores[$0] }, weights: weights)
        }
        let (ofChallenger, ofChampion) = (rows(evidence.challenger), rows(champion))
        self.resampling = resampling
        self.weights = weights
        pairs = Dictionary(
            uniqueKeysWithValues: metrics.map { metric in
                let definition = metric.definition
                return (
                    metric,
                    Pair(
                        challenger: definition.scorer(ofChallenger), champion: definition.scorer(ofChampion),
                        sign: definition.greaterIsBetter ? 1 : -1)
                )
            })
    }

    /// Challenger − champion for each metric on each resample, ascending, positive where the challenger is better.
    /// Where the difference is undefined (a resample of groups without one class) it is −∞, so it never favours the
    /// challenger.
    ///
    /// Uses all cores. Their number does not matter: a resample depends only on the seed and its number.
    func differences(seed: UInt64, resamples: Int) -> [Metric: [Double]] {
        let (metrics, bound) = (Array(pairs.keys), Array(pairs.values))
        let parts = max(1, min(resamples / Self.fewestPerPart, ProcessInfo.processInfo.activeProcessorCount))
        var found = [Double](repeating: 0, count: metrics.count * resamples)
        found.withUnsafeMutableBufferPointer { buffer in
            // Each part writes only its own elements.
            nonisolated(unsafe) let found = buffer
            DispatchQueue.concurrentPerform(iterations: parts) { part in
                withUnsafeTemporaryAllocation(of: UInt8.self, capacity: resampling.order.count) { counts in
                    counts.initialize(repeating: 0)
                    for index in stride(from: part, to: resamples, by: parts) {
                        var stream = RandomStream(seed: seed, index: index)
                        resampling.draw(&stream, into: counts)
                        for (place, pair) in bound.enumerated() {
                            let difference = pair.difference(UnsafeBufferPointer(counts))
                            found[place * resamples + index] = difference.isNaN ? -.infinity : difference
                        }
                    }
                }
            }
        }
        return metrics.indices.reduce(into: [:]) { differences, place in
            differences[metrics[place]] = found[place * resamples..<(place + 1) * resamples].sorted()
        }
    }

    /// With fewer resamples, another thread does not pay.
    private static let fewestPerPart = 64

    /// The jackknife: the difference without each block of rows (or groups). A block is one row, unless there are more
    /// than `blocks`.
    func differencesWithoutOneBlock(_ metric: Metric, blocks: Int = 200) -> [Double] {
        guard let pair = pairs[metric] else { return [] }
        let blockOfRow = resampling.blocks(blocks)
        return (0...(blockOfRow.max() ?? 0)).map { block in
            blockOfRow.map { $0 == block ? 0 : 1 }.withUnsafeBufferPointer(pair.difference)
        }
    }

    /// The number of rows (or groups, if groups are drawn) that contribute differently to the two models' metrics.
    func unitsThatDiffer(_ metric: Metric) -> Int {
        guard let pair = pairs[metric] else { return 0 }
        let (challenger, champion) = (pair.challenger.contributions, pair.champion.contributions)
        return resampling.unitCount(
            of: challenger.indices.filter { challenger[$0] != champion[$0] && weights?[$0] != 0 })
    }
}

/// The quantile of ascending values by linear interpolation at (n − 1)·p: type 7 of Hyndman & Fan (1996), the default
/// of NumPy, R and SciPy's percentile bootstrap. Nil if a value that it needs is not finite, or there are no values.
func quantile(_ probability: Double, ofAscending values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let place = Double(values.count - 1) * min(max(probability, 0), 1)
    let lower = Int(place)
    let (left, right) = (values[lower], values[min(lower + 1, values.count - 1)])
    let value = left + (place - Double(lower)) * (right - left)
    return value.isFinite ? value : nil
}
