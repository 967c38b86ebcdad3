import Foundation

/// The paired bootstrap: both models on the same resamples, so that what is hard for both cancels out.
struct Bootstrap: Sendable {
    let resampling: Resampling
    private let pairs: [Metric: Pair]
    private let weights: [Double]?

    private struct Pair: Sendable {
        let challenger: any Scorer
        let champion: any Scorer
        let sign: Double
    }

    /// `metrics` all have the task that `resampling` was made for; `champion` scores the same rows as the evidence.
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

    /// The difference challenger − champion of each metric on each resample, ascending, positive where the challenger
    /// is better. Where it is not defined (a resample of groups without one class) it is −∞: never in favour.
    func differences(seed: UInt64, resamples: Int) -> [Metric: [Double]] {
        var differences = pairs.mapValues { _ in [Double]() }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: resampling.order.count) { counts in
            counts.initialize(repeating: 0)
            for index in 0..<resamples {
                var stream = RandomStream(seed: seed, index: index)
                resampling.draw(&stream, into: counts)
                for (metric, pair) in pairs {
                    let drawn = UnsafeBufferPointer(counts)
                    let difference = pair.sign * (pair.challenger.value(drawn) - pair.champion.value(drawn))
                    differences[metric, default: []].append(difference.isNaN ? -.infinity : difference)
                }
            }
        }
        return differences.mapValues { $0.sorted() }
    }

    /// How many rows (groups, where those are drawn) bring something else to the metric of one model than of the other.
    func unitsThatDiffer(_ metric: Metric) -> Int {
        guard let pair = pairs[metric] else { return 0 }
        let (challenger, champion) = (pair.challenger.contributions, pair.champion.contributions)
        return resampling.unitCount(
            of: challenger.indices.filter { challenger[$0] != champion[$0] && weights?[$0] != 0 })
    }
}

/// The quantile of ascending values by linear interpolation at (n − 1)·p: type 7 of Hyndman & Fan (1996), the default
/// of NumPy, R and SciPy's percentile bootstrap. Nil where a value it falls on is not finite, or there is none.
func quantile(_ probability: Double, ofAscending values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let place = Double(values.count - 1) * min(max(probability, 0), 1)
    let lower = Int(place)
    let (left, right) = (values[lower], values[min(lower + 1, values.count - 1)])
    let value = left + (place - Double(lower)) * (right - left)
    return value.isFinite ? value : nil
}
