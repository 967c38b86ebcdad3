import Testing

@testable import Promotion

@Suite("Metrics")
struct MetricTests {
    @Test("agree with scikit-learn", arguments: metricCases)
    func agreement(_ example: MetricCase) throws {
        for (metric, expected) in example.expected {
            let value = try #require(
                metric.value(labels: example.labels, scores: example.scores, weights: example.weights))
            #expect(
                abs(value - expected) <= 1e-12 * max(1, abs(expected)), "\(metric.rawValue): \(value), not \(expected)")
        }
    }

    @Test("do not depend on the order of the rows", arguments: metricCases)
    func rowOrder(_ example: MetricCase) throws {
        for metric in example.expected.keys {
            let value = try #require(
                metric.value(labels: example.labels, scores: example.scores, weights: example.weights))
            let reversed = try #require(
                metric.value(
                    labels: example.labels.reversed(), scores: example.scores.reversed(),
                    weights: example.weights?.reversed()))
            #expect(abs(value - reversed) < 1e-12)
        }
    }

    @Test("are not defined where one class is missing or nothing weighs")
    func undefined() {
        #expect(Metric.rocAUC.value(labels: [1, 1], scores: [0.2, 0.3]) == nil)
        #expect(Metric.rocAUC.value(labels: [0, 0], scores: [0.2, 0.3]) == nil)
        #expect(Metric.rocAUC.value(labels: [0, 1], scores: [0.2, 0.3], weights: [0, 1]) == nil)
        #expect(Metric.averagePrecision.value(labels: [0, 0], scores: [0.2, 0.3]) == nil)
        for metric in Metric.allCases {
            #expect(metric.value(labels: [0, 1], scores: [0.2, 0.3], weights: [0, 0]) == nil)
        }
        #expect(Metric.rmse.value(labels: [0, 1], scores: [1e200, 0]) == nil)
    }

    @Test("say which way is better")
    func direction() {
        let names = Metric.allCases.filter(\.greaterIsBetter).map(\.rawValue)
        #expect(names == ["roc_auc", "average_precision", "precision@0.1", "recall@0.1", "accuracy", "f1", "r2"])
    }

    @Test("are known by name, and by a parameter that fits")
    func names() {
        for name in ["f1@0", "f1@0.999", "accuracy@0.3", "precision@1", "precision@0.5", "recall@1000", "ece@15"] {
            #expect(Metric(rawValue: name)?.rawValue == name)
        }
        for name in [
            "", "auc", "roc_auc@0.5", "f1@", "f1@1", "f1@-0.1", "f1@x", "f1@0.5@0.5", "precision", "precision@0",
            "precision@1.5", "recall@-3", "recall@nan", "ece@0", "ece@2.5", "ece@1e9", "@0.5",
        ] {
            #expect(Metric(rawValue: name) == nil, "\(name)")
        }
        #expect(Metric.named("f1") != .named("f1@0.5"))
        #expect(Metric.allCases.count == Metric.spellings.count)
    }

    @Test("of rows drawn several times are those of a table that repeats them", arguments: Metric.allCases)
    func counts(_ metric: Metric) throws {
        let table = SyntheticTable(rows: 61, seed: 3)
        let counts = table.labels.indices.map { UInt8($0 % 4) }
        let repeated = zip(table.labels.indices, counts).flatMap { row, count in
            [Int](repeating: row, count: Int(count))
        }
        for weights in [nil, table.weights] {
            let scorer = metric.definition.scorer(
                ScoredRows(labels: table.labels, scores: table.challenger, weights: weights))
            let expected = try #require(
                metric.value(
                    labels: repeated.map { table.labels[$0] }, scores: repeated.map { table.challenger[$0] },
                    weights: weights.map { weights in repeated.map { weights[$0] } }))
            let value = counts.withUnsafeBufferPointer { scorer.value($0) }
            #expect(abs(value - expected) < 1e-12)
        }
    }
}
