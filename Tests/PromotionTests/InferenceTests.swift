import Testing

@testable import Promotion

/// Expected numbers are those of SciPy 1.17.1 (`scipy.stats.norm`), and of the definitions written out in NumPy.
@Suite("Inference")
struct InferenceTests {
    @Test("normal quantiles")
    func normal() {
        let expected = [
            (1e-300, -37.0470962993612), (1e-10, -6.361340902404056), (0.0025, -2.8070337683438042),
            (0.02425, -1.972961051311885), (0.05, -1.6448536269514729), (0.3, -0.5244005127080409), (0.5, 0),
            (0.95, 1.6448536269514722),
        ]
        for (probability, quantile) in expected {
            expect(normalQuantile(probability), quantile, within: 1e-13 * max(1, quantile.magnitude))
            expect(normalProbability(quantile), probability, within: 1e-15)
        }
        #expect(normalQuantile(0) == -.infinity && normalQuantile(1) == .infinity)
    }

    @Test("expanded tails")
    func expanded() {
        expect(studentQuantile(0.95, 9), 1.833112932656237, within: 1e-4)
        expect(studentQuantile(0.9975, 29), 3.0380467448491832, within: 1e-5)
        expect(expandedTail(0.05, units: 10), 0.02666305193223458, within: 1e-5)
        expect(expandedTail(0.0025, units: 30), 0.001000839995752983, within: 1e-7)
        expect(expandedTail(0.05, units: 300), 0.04919366589755008, within: 1e-8)
        #expect(expandedTail(0.05, units: 1) == 0)
    }

    @Test("Holm's adjustment keeps the order, and leaves out what was not tested")
    func holmAdjustment() {
        #expect(holm([0.01, nil, 0.04, 0.03]) == [0.03, nil, 0.06, 0.06])
        #expect(holm([0.6, 0.7]) == [1, 1])
        #expect(holm([nil]) == [nil])
    }

    @Test("DeLong's interval, ties one half")
    func delongInterval() throws {
        let found = try #require(
            delong(
                labels: [0, 0, 1, 1, 0, 1, 0, 1, 0, 1],
                challenger: [0.5, 0.5, 0.5, 0.8, 0.2, 0.8, 0.8, 0.9, 0.2, 0.2],
                champion: [0.1, 0.4, 0.35, 0.8, 0.2, 0.7, 0.6, 0.9, 0.55, 0.45], confidence: 0.95))
        expect(found.standardError, 0.1407124727947029, within: 1e-14)
        expect(found.lower, -0.3114514212336774, within: 1e-14)
        expect(found.upper, 0.1514514212336774, within: 1e-14)
        #expect(delong(labels: [0, 1, 1], challenger: [0, 1, 1], champion: [0, 1, 1], confidence: 0.95) == nil)
    }

    @Test("BCa's levels")
    func bca() throws {
        let differences = (0..<400).map { index in
            let square = Double(index * 53 % 97) / 97
            return 0.3 * Double(index * 37 % 101) / 101 + square * square - 0.1
        }.sorted()
        let jackknife = (0..<31).map { index in
            let part = Double(index * 29 % 31) / 31
            return 0.3 + part * part * part * 0.01
        }
        let found = try #require(
            bcaLevels((0.05, 0.95), observed: 0.37, differences, jackknife: jackknife))
        expect(found.lower, 0.09263480900692467, within: 1e-12)
        expect(found.upper, 0.9733836211157854, within: 1e-12)
        #expect(bcaLevels((0.05, 0.95), observed: 9, differences, jackknife: jackknife) == nil)
    }

    @Test("all three ways agree where nothing is skewed")
    func ways() throws {
        let evidence = try SyntheticTable(rows: 2_000, gain: 0.05, seed: 3).evidence()
        let found = try [BoundMethod.percentile, .bca].map { bound in
            let rules = PromotionRules(improve: [ImproveRule(metric: .rocAUC, by: 0, bound: bound)])
            let decision = decide(
                evidence, in: Circumstances(incumbent: true), rules: rules, seed: 1, resamples: 2_000)
            return try #require(decision.findings.first?.comparison)
        }
        let bounds = try found.map { comparison in
            guard case .bounds(let lower, let upper) = comparison.interval else { throw NoBounds() }
            return (lower, upper)
        }
        let normal = try #require(found[0].delong)
        let width = normal.upper - normal.lower
        for (lower, upper) in bounds {
            expect(lower, normal.lower, within: 0.05 * width)
            expect(upper, normal.upper, within: 0.05 * width)
        }
        #expect(bounds[0] != bounds[1])
    }

    @Test("the jackknife leaves out one row of each class's part, or whole groups")
    func blocks() throws {
        let table = SyntheticTable(rows: 60, seed: 4)
        let rows = Resampling(try table.evidence(), task: .classification)
        #expect(Set(rows.blocks(200)).count == 60)
        #expect(Set(rows.blocks(7)).count == 7)
        let evidence = try table.evidence(groups: table.ids.indices.map { "patient \($0 % 12)" })
        let grouped = Resampling(evidence, task: .classification)
        let blocks = grouped.blocks(5)
        let blocksOfGroup = Dictionary(grouping: blocks.indices) { evidence.groups?[grouped.order[$0]] }
        #expect(Set(blocks).count == 5)
        #expect(blocksOfGroup.values.allSatisfy { rows in Set(rows.map { blocks[$0] }).count == 1 })
    }
}

private struct NoBounds: Error {}

private func expect(_ value: Double, _ wanted: Double, within tolerance: Double) {
    let distance = (value - wanted).magnitude
    #expect(distance <= tolerance, "\(value), not \(wanted)")
}
