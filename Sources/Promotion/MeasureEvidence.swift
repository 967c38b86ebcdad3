import Foundation

extension Evidence {
    /// The metric of one column of scores on all rows. Throws if the evidence does not fit the metric.
    func value(of metric: Metric, scores: [Double], column: String) throws(EvidenceProblem) -> Double {
        if let problem = problem(for: metric) { throw problem }
        guard let value = metric.value(labels: labels, scores: scores, weights: weights) else {
            throw .undefined(metric: metric, column: column)
        }
        return value
    }

    /// The first label or score that `metric` cannot use, or nil.
    func problem(for metric: Metric) -> EvidenceProblem? {
        let definition = metric.definition
        if definition.task == .classification, let row = labels.firstIndex(where: { $0 != 0 && $0 != 1 }) {
            return .labelNotBinary(id: ids[row], label: labels[row], metric: metric)
        }
        guard definition.scores == .probability else { return nil }
        for (column, scores) in [("challenger", challenger), ("champion", champion ?? [])] {
            if let row = scores.firstIndex(where: { !(0...1).contains($0) }) {
                return .notAProbability(id: ids[row], column: column, score: scores[row], metric: metric)
            }
        }
        return nil
    }
}
