import Foundation

/// Challenger and champion on the same rows. Every metric of a task sees the same resamples, drawn once.
struct PairedComparison {
    private let evidence: Evidence
    private let champion: [Double]
    private let samples: [MetricDefinition.Task: Sample]

    private struct Sample {
        let bootstrap: Bootstrap
        let differences: [Metric: [Double]]

        func interval(_ metric: Metric, confidence: Double) -> Interval {
            guard let differences = differences[metric] else {
                return .tooFew(units: bootstrap.resampling.smallestStratum)
            }
            guard let lower = quantile(1 - confidence, ofAscending: differences),
                let upper = quantile(confidence, ofAscending: differences)
            else { return .undefined }
            return .bounds(lower: lower, upper: upper)
        }
    }

    /// Nil without a champion. Resamples only where the evidence fits the metrics; `comparison` says where it does not.
    init?(_ evidence: Evidence, champion: [Double]?, rules: PromotionRules, seed: UInt64, resamples: Int) {
        guard let champion else { return nil }
        let fitting = Set(rules.comparisons.map(\.metric)).filter { evidence.problem(for: $0) == nil }
        samples = Dictionary(grouping: fitting, by: \.definition.task).reduce(into: [:]) { samples, metricsOfTask in
            let resampling = Resampling(evidence, task: metricsOfTask.key)
            let bootstrap = Bootstrap(
                evidence, champion: champion, metrics: Set(metricsOfTask.value), resampling: resampling)
            let enough = resampling.smallestStratum >= Resampling.fewestUnits
            samples[metricsOfTask.key] = Sample(
                bootstrap: bootstrap,
                differences: enough ? bootstrap.differences(seed: seed, resamples: resamples) : [:])
        }
        self.evidence = evidence
        self.champion = champion
    }

    /// `challenger` is the challenger's value of `metric`, `confidence` that of each one-sided bound.
    func comparison(
        _ metric: Metric, challenger: Double, confidence: Double
    ) throws(EvidenceProblem) -> Comparison? {
        let ofChampion = try evidence.value(of: metric, scores: champion, column: "champion")
        guard let sample = samples[metric.definition.task] else { return nil }
        return Comparison(
            champion: ofChampion,
            difference: metric.greaterIsBetter ? challenger - ofChampion : ofChampion - challenger,
            interval: sample.interval(metric, confidence: confidence),
            unitsThatDiffer: sample.bootstrap.unitsThatDiffer(metric))
    }
}
