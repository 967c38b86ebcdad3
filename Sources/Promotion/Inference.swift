import Foundation

/// The tail probability at which to read a bootstrap, so that the bound has a tail of `probability`: the expanded
/// percentile interval (Hesterberg 2015, section 5.3).
///
/// Resamples of n units vary too little, by the factor √((n − 1)/n), and follow the normal distribution where Student's
/// is right. With ten positives, a plain bound of 95 % would hold 91 % of the time.
func expandedTail(_ probability: Double, units: Int) -> Double {
    guard units > 1 else { return 0 }
    let stretched = (Double(units) / Double(units - 1)).squareRoot() * studentQuantile(1 - probability, units - 1)
    return normalProbability(-stretched)
}

/// Student's quantile by the Cornish–Fisher expansion (Abramowitz & Stegun 26.7.5). Exact to 10⁻³ from 9 degrees of
/// freedom, for probabilities up to 0.999.
func studentQuantile(_ probability: Double, _ degrees: Int) -> Double {
    let (z, n) = (normalQuantile(probability), Double(degrees))
    let (z3, z5, z7, z9) = (z * z * z, pow(z, 5), pow(z, 7), pow(z, 9))
    let first = (z3 + z) / 4
    let second = (5 * z5 + 16 * z3 + 3 * z) / 96
    let third = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384
    let fourth = (79 * z9 + 776 * z7 + 1_482 * z5 - 1_920 * z3 - 945 * z) / 92_160
    return z + first / n + second / pow(n, 2) + third / pow(n, 3) + fourth / pow(n, 4)
}

/// The levels at which to read a bootstrap's quantiles, corrected for bias and for the skew of the statistic: BCa
/// (Efron 1987; Efron & Tibshirani 1993, 14.10).
///
/// - Parameters:
///   - differences: on the resamples, ascending.
///   - jackknife: the statistic without each block of rows.
/// - Returns: nil if all resamples lie on one side, because then there is no such correction.
func bcaLevels(
    _ levels: (lower: Double, upper: Double), observed: Double, _ differences: [Double], jackknife: [Double]
) -> (lower: Double, upper: Double)? {
    // A tie with the observed value counts one half on each side.
    let below = differences.count { $0 < observed }
    let same = differences.count { $0 == observed }
    if same == differences.count { return levels }
    let bias = normalQuantile((Double(below) + Double(same) / 2) / Double(differences.count))
    let mean = jackknife.reduce(0, +) / Double(jackknife.count)
    let distances = jackknife.map { mean - $0 }
    let squares = distances.reduce(0) { $0 + $1 * $1 }
    let cubes = distances.reduce(0) { $0 + $1 * $1 * $1 }
    let acceleration = squares > 0 ? cubes / (6 * squares * squares.squareRoot()) : 0
    func corrected(_ level: Double) -> Double {
        let moved = bias + normalQuantile(level)
        return normalProbability(bias + moved / (1 - acceleration * moved))
    }
    let found = (corrected(levels.lower), corrected(levels.upper))
    return bias.isFinite && found.0.isFinite && found.1.isFinite ? found : nil
}

/// The difference of two correlated areas under the ROC curve (DeLong, DeLong & Clarke-Pearson 1988), by midranks (Sun & Xu
/// 2014), so that ties count one half.
///
/// - Returns: nil unless both classes have two rows or more.
func delong(labels: [Double], challenger: [Double], champion: [Double], confidence: Double) -> DeLong? {
    let positives = labels.indices.filter { labels[$0] == 1 }
    let negatives = labels.indices.filter { labels[$0] != 1 }
    guard positives.count > 1, negatives.count > 1 else { return nil }
    let own = placements(challenger, positives, negatives)
    let other = placements(champion, positives, negatives)
    func variance(_ one: [Double], _ other: [Double]) -> Double {
        let differences = zip(one, other).map { $0 - $1 }
        let mean = differences.reduce(0, +) / Double(differences.count)
        return differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(differences.count - 1)
    }
    let error =
        (variance(own.positives, other.positives) / Double(positives.count)
        + variance(own.negatives, other.negatives) / Double(negatives.count)).squareRoot()
    let difference = zip(own.positives, other.positives).reduce(0) { $0 + $1.0 - $1.1 } / Double(positives.count)
    let reach = normalQuantile(confidence) * error
    return DeLong(standardError: error, lower: difference - reach, upper: difference + reach)
}

/// For each positive, the share of negatives that it beats; for each negative, the share of positives that beat it.
private func placements(_ scores: [Double], _ positives: [Int], _ negatives: [Int]) -> (
    positives: [Double], negatives: [Double]
) {
    let all = midranks((positives + negatives).map { scores[$0] })
    let among = (midranks(positives.map { scores[$0] }), midranks(negatives.map { scores[$0] }))
    let (m, n) = (Double(positives.count), Double(negatives.count))
    return (
        zip(all, among.0).map { ($0 - $1) / n },
        zip(all[positives.count...], among.1).map { 1 - ($0 - $1) / m }
    )
}

/// The rank of each value from 1; equal values share their mean rank.
private func midranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
        var end = start
        while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
        for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
        start = end
    }
    return ranks
}

/// Holm's step-down adjustment (1979). If you reject where the result is at most α, the probability of rejecting any
/// true hypothesis is at most α. Nil stands for a hypothesis that was not tested, and stays nil.
func holm(_ probabilities: [Double?]) -> [Double?] {
    let order = probabilities.indices.filter { probabilities[$0] != nil }.sorted {
        (probabilities[$0] ?? 1) < (probabilities[$1] ?? 1)
    }
    var adjusted = [Double?](repeating: nil, count: probabilities.count)
    var largest = 0.0
    for (place, index) in order.enumerated() {
        largest = max(largest, min(1, (probabilities[index] ?? 1) * Double(order.count - place)))
        adjusted[index] = largest
    }
    return adjusted
}

/// Φ(z).
func normalProbability(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }

/// Φ⁻¹(p), exact to the last few digits: a rational approximation (Acklam 2003, 1.15·10⁻⁹) and one step of Halley's
/// method.
func normalQuantile(_ probability: Double) -> Double {
    guard probability > 0, probability < 1 else { return probability <= 0 ? -.infinity : .infinity }
    // Symmetric, and more exact in the lower half.
    guard probability <= 0.5 else { return -normalQuantile(1 - probability) }
    func polynomial(_ coefficients: [Double], _ x: Double) -> Double { coefficients.reduce(0) { $0 * x + $1 } }
    let start: Double
    if probability < 0.02425 {
        let q = (-2 * log(probability)).squareRoot()
        start =
            polynomial(
                [
                    -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
                    4.374664141464968e+00, 2.938163982698783e+00,
                ], q)
            / polynomial(
                [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1], q)
    } else {
        let q = probability - 0.5
        start =
            q
            * polynomial(
                [
                    -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
                    -3.066479806614716e+01, 2.506628277459239e+00,
                ], q * q)
            / polynomial(
                [
                    -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                    -1.328068155288572e+01, 1,
                ], q * q)
    }
    let step = (normalProbability(start) - probability) * (2 * Double.pi).squareRoot() * exp(start * start / 2)
    return start - step / (1 + start * step / 2)
}
