import Foundation

@testable import Promotion

/// Two models that see the same signal through noise of their own; with `gain` the challenger sees more of it.
struct SyntheticTable {
    var ids: [String] = []
    var labels: [Double] = []
    var challenger: [Double] = []
    var champion: [Double] = []
    var weights: [Double] = []

    init(rows: Int, gain: Double = 0, prevalence: Double = 0.3, seed: UInt64) {
        var random = SplitMix64(state: seed)
        func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }
        func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform()) }
        func probability(_ logit: Double) -> Double { 1 / (1 + exp(-logit)) }
        for row in 0..<rows {
            let label: Double = uniform() < prevalence ? 1 : 0
            let signal = normal() + label - 1
            ids.append("row-\(row)")
            labels.append(label)
            challenger.append(probability(signal + 0.5 * normal() + gain * (label - 0.5)))
            champion.append(probability(signal + 0.5 * normal()))
            weights.append(0.5 + uniform())
        }
    }

    /// Keep only the first `positives` rows of label 1, and all others.
    mutating func keep(positives: Int) {
        var left = positives
        let rows = labels.indices.filter { row in
            guard labels[row] == 1 else { return true }
            left -= 1
            return left >= 0
        }
        self = SyntheticTable(self, rows)
    }

    private init(_ table: SyntheticTable, _ rows: [Int]) {
        ids = rows.map { table.ids[$0] }
        labels = rows.map { table.labels[$0] }
        challenger = rows.map { table.challenger[$0] }
        champion = rows.map { table.champion[$0] }
        weights = rows.map { table.weights[$0] }
    }

    func evidence(
        champion other: [Double]? = nil, weights: [Double]? = nil, groups: [String]? = nil
    ) throws(EvidenceProblem) -> Evidence {
        try Evidence(
            ids: ids, labels: labels, challenger: challenger, champion: other ?? champion, weights: weights,
            groups: groups)
    }

    func withoutChampion() throws(EvidenceProblem) -> Evidence {
        try Evidence(ids: ids, labels: labels, challenger: challenger)
    }

    /// CSV text with the columns and the rows in this order.
    func csv(columns: [String] = ["id", "label", "challenger", "champion"], rowOrder: [Int]? = nil) -> [UInt8] {
        let lines = (rowOrder ?? Array(ids.indices)).map { row in
            columns.map { column in
                switch column {
                case "id": ids[row]
                case "label": "\(Int(labels[row]))"
                case "challenger": "\(challenger[row])"
                case "champion": "\(champion[row])"
                case "weight": "\(weights[row])"
                default: "slice \(row % 3)"
                }
            }.joined(separator: ",")
        }
        return Array(([columns.joined(separator: ",")] + lines).joined(separator: "\n").utf8)
    }
}
