import Foundation

/// Challenger and champion on the same rows. All metrics of a task share the same resamples.
struct PairedComparison {
    private let evidence: Evidence
    private let champion: [Double]
    private let rules: PromotionRules
    private let seed: UInt64
    private let resamples: Int
    private let samples: [MetricDefinition.Task: Sample]

    private struct Sample {
        let bootstrap: Bootstrap
        /// Ascending, by metric; empty if there are too few rows for a bound.
        let differences: [Metric: [Double]]
    }

    /// Nil without a champion. Resamples only if the evidence fits the metrics; `compare` says if it does not.
    init?(_ evidence: Evidence, rules: PromotionRules, seed: UInt64, resamples: Int) {
        guard let champion = evidence.champion else { return nil }
        let metrics = Set(rules.improve.map(\.metric) + rules.noWorse.map(\.metric))
        let fitting = metrics.filter { evidence.problem(for: $0) == nil }
        samples = Dictionary(grouping: fitting, by: \.definition.task).reduce(into: [:]) { samples, metricsOfTask in
            let resampling = Resampling(evidence, task: metricsOfTask.key)
            let bootstrap = Bootstrap(
                evidence, champion: champion, metrics: Set(metricsOfTask.value), resampling: resampling)
            let isEnough = resampling.smallestStratum >= Resampling.fewestUnits
            samples[metricsOfTask.key] = Sample(
                bootstrap: bootstrap,
                differences: isEnough ? bootstrap.differences(seed: seed, resamples: resamples) : [:])
        }
        self.evidence = evidence
        self.champion = champion
        self.rules = rules
        self.seed = seed
        self.resamples = resamples
    }

    /// - Parameter confidence: of each one-sided bound, from the rule. A holdout's budget raises it.
    func compare(
        _ metric: Metric, _ confidence: Double, _ bound: BoundMethod?
    ) throws(EvidenceProblem) -> Comparison? {
        let ofChallenger = try evidence.value(of: metric, scores: evidence.challenger, column: "challenger")
        let ofChampion = try evidence.value(of: metric, scores: champion, column: "champion")
        guard let sample = samples[metric.definition.task] else { return nil }
        let confidence = rules.spending(confidence)
        let difference = metric.greaterIsBetter ? ofChallenger - ofChampion : ofChampion - ofChallenger
        return Comparison(
            champion: ofChampion, difference: difference,
            interval: interval(metric, confidence, bound ?? .percentile, difference, sample),
            unitsThatDiffer: sample.bootstrap.unitsThatDiffer(metric), confidence: confidence,
            delong: metric.rawValue == "roc_auc" && evidence.weights == nil && evidence.groups == nil
                ? delong(
                    labels: evidence.labels, challenger: evidence.challenger, champion: champion,
                    confidence: confidence) : nil)
    }

    private func interval(
        _ metric: Metric, _ confidence: Double, _ bound: BoundMethod, _ difference: Double, _ sample: Sample
    ) -> Interval {
        guard let differences = sample.differences[metric] else {
            return .tooFew(units: sample.bootstrap.resampling.smallestStratum)
        }
        let tail = expandedTail(1 - confidence, units: sample.bootstrap.resampling.smallestStratum)
        // With so few rows, a bound needs more resamples than there are: it would depend on the seed.
        guard Double(resamples) * tail >= fewestBeyondABound else {
            return .tooFew(units: sample.bootstrap.resampling.smallestStratum)
        }
        var levels = (lower: tail, upper: 1 - tail)
        if bound == .bca {
            let left = sample.bootstrap.differencesWithoutOneBlock(metric)
            guard let corrected = bcaLevels(levels, observed: difference, differences, jackknife: left) else {
                return .undefined
            }
            levels = corrected
        }
        guard let lower = quantile(levels.lower, ofAscending: differences),
            let upper = quantile(levels.upper, ofAscending: differences)
        else { return .undefined }
        return .bounds(lower: lower, upper: upper)
    }

    /// Every slice of every column of the rule, by column and value.
    func slices(_ rule: SlicesRule) throws(EvidenceProblem) -> [SliceFinding] {
        var measured: [(finding: SliceFinding, p: Double?)] = []
        for column in rule.columns {
            guard let values = evidence.slices[column] else { throw .missingSlice(column) }
            let rowsOfValue = Dictionary(grouping: values.indices, by: { values[$0] })
            for (value, rows) in rowsOfValue.sorted(by: { $0.key < $1.key }) {
                measured.append(try measure(rows, of: value, in: column, rule))
            }
        }
        let adjusted = holm(measured.map(\.p))
        return zip(measured, adjusted).map { slice, adjustedP in
            slice.finding.judged(adjustedP, alpha: 1 - rule.confidence)
        }
    }

    private func measure(
        _ rows: [Int], of value: String, in column: String, _ rule: SlicesRule
    ) throws(EvidenceProblem) -> (SliceFinding, p: Double?) {
        let part = evidence.part(rows)
        let champion = part.champion ?? []
        let metric = rule.metric
        if let problem = part.problem(for: metric) { throw problem }
        let ofChallenger = metric.value(labels: part.labels, scores: part.challenger, weights: part.weights)
        let ofChampion = metric.value(labels: part.labels, scores: champion, weights: part.weights)
        let resampling = Resampling(part, task: metric.definition.task)
        var (lower, upper, p): (Double?, Double?, Double?)
        if rows.count >= rule.minRows, resampling.smallestStratum >= Resampling.fewestUnits {
            let differences =
                Bootstrap(part, champion: champion, metrics: [metric], resampling: resampling)
                .differences(seed: seed, resamples: resamples)[metric] ?? []
            lower = quantile(1 - rule.confidence, ofAscending: differences)
            upper = quantile(rule.confidence, ofAscending: differences)
            // The resamples that support "worse by no more than the margin", and the observation itself.
            let harmless = differences.count - differences.partitionPoint { $0 >= -rule.margin }
            p = Double(harmless + 1) / Double(differences.count + 1)
        }
        let difference = ofChallenger.flatMap { own in
            ofChampion.map { metric.greaterIsBetter ? own - $0 : $0 - own }
        }
        return (
            SliceFinding(
                column: column, value: value, rows: rows.count, outcome: .tooSmall, challenger: ofChallenger,
                champion: ofChampion, difference: difference, lower: lower, upper: upper, adjustedP: nil), p
        )
    }
}

extension SliceFinding {
    /// The finding with its p-value among all slices; nil means that the slice is too small to judge.
    fileprivate func judged(_ adjustedP: Double?, alpha: Double) -> SliceFinding {
        var judged = self
        judged.outcome = adjustedP.map { $0 <= alpha ? .worse : .passed } ?? .tooSmall
        judged.adjustedP = adjustedP
        return judged
    }
}

extension Array {
    /// The first index where `isBeyond` holds. From there on, it must hold for every index.
    fileprivate func partitionPoint(_ isBeyond: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
