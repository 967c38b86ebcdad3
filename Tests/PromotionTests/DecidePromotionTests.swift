import Foundation
import Testing

@testable import Promotion

private let betterAUC = PromotionRules(improve: [ImproveRule(metric: .rocAUC, by: 0)])

@Suite("Deciding a promotion")
struct DecidePromotionTests {
    private func decided(
        _ evidence: Evidence, incumbent: Bool = true, _ rules: PromotionRules = betterAUC, seed: UInt64 = 7
    ) -> Decision {
        decide(evidence, in: Circumstances(incumbent: incumbent), rules: rules, seed: seed, resamples: 400)
    }

    @Test("a truly better challenger is promoted, whatever the metric", arguments: Metric.discriminating)
    func better(_ metric: Metric) throws {
        let decision = decided(
            try SyntheticTable(rows: 600, gain: 2, seed: 1).evidence(),
            PromotionRules(improve: [ImproveRule(metric: metric, by: 0)]))
        #expect(decision.verdict == .promoted)
        #expect(decision.reasons.first == "Promoted: every rule passed.")
    }

    @Test("a worse one is not, nor is it found no worse", arguments: Metric.discriminating)
    func worse(_ metric: Metric) throws {
        let decision = decided(
            try SyntheticTable(rows: 600, gain: -2, seed: 1).evidence(),
            PromotionRules(
                improve: [ImproveRule(metric: metric, by: 0)], noWorse: [NoWorseRule(metric: metric, margin: 0.001)]))
        #expect(decision.verdict == .notPromoted)
        #expect(decision.findings.map(\.outcome) == [.failed, .failed])
        #expect(decision.reasons.first == "Not promoted: 2 of 2 rules failed.")
    }

    @Test("a gain within `by` is not enough")
    func by() throws {
        let evidence = try SyntheticTable(rows: 600, gain: 2, seed: 1).evidence()
        #expect(decided(evidence, PromotionRules(improve: [.init(metric: .rocAUC, by: 0.5)])).verdict == .notPromoted)
    }

    @Test("the same scores never improve, and are no worse only within a margin", arguments: Metric.allCases)
    func ties(_ metric: Metric) throws {
        let table = SyntheticTable(rows: 100, seed: 2)
        for weights in [nil, table.weights] {
            let evidence = try table.evidence(champion: table.challenger, weights: weights)
            let improve = decided(evidence, PromotionRules(improve: [.init(metric: metric, by: 0)]))
            #expect(improve.verdict == .notPromoted)
            #expect(improve.findings.first?.comparison?.interval == .bounds(lower: 0, upper: 0))
            #expect(improve.reasons.last?.contains("the same in every row") == true)
            #expect(
                decided(evidence, PromotionRules(noWorse: [.init(metric: metric, margin: 0)])).verdict == .notPromoted)
            #expect(
                decided(evidence, PromotionRules(noWorse: [.init(metric: metric, margin: 0.01)])).verdict == .promoted)
        }
    }

    @Test("every rule has to pass, and reports its numbers either way")
    func everyRule() throws {
        let decision = decided(
            try SyntheticTable(rows: 600, gain: 2, seed: 1).evidence(),
            PromotionRules(
                floor: [.init(metric: .rocAUC, atLeast: 0.999), .init(metric: .brier, atLeast: 0.9)],
                improve: [.init(metric: .rocAUC, by: 0)], noWorse: [.init(metric: .rmse, margin: 0.1)]))
        #expect(decision.verdict == .notPromoted)
        #expect(decision.findings.map(\.outcome) == [.failed, .passed, .passed, .passed])
        #expect(decision.findings.map { $0.comparison != nil } == [false, false, true, true])
        #expect(decision.reasons.count == 5)
        #expect(decision.reasons[0] == "Not promoted: 1 of 4 rules failed.")
        #expect(decision.rows == 600 && decision.resamples == 400 && decision.seed == 7)
    }

    @Test("a floor is reached at its value, from above or from below")
    func floors() throws {
        let table = SyntheticTable(rows: 100, seed: 2)
        let evidence = try table.withoutChampion()
        for metric in Metric.allCases {
            let value = try #require(metric.value(labels: table.labels, scores: table.challenger))
            func verdict(_ bound: Double) -> Verdict {
                decided(
                    evidence, incumbent: false, .init(first: .promote, floor: [.init(metric: metric, atLeast: bound)])
                ).verdict
            }
            let (easy, hard) = metric.greaterIsBetter ? (value - 1e-6, value + 1e-6) : (value + 1e-6, value - 1e-6)
            #expect(verdict(easy) == .promoted)
            #expect(verdict(hard) == .notPromoted)
        }
    }

    @Test("the same decision for columns and rows in another order")
    func order() throws {
        let table = SyntheticTable(rows: 120, gain: 0.5, seed: 6)
        let csv = table.csv(columns: ["id", "label", "challenger", "champion", "weight", "payer"])
        let shuffled = table.csv(
            columns: ["payer", "weight", "champion", "challenger", "label", "id"],
            rowOrder: (0..<120).map { ($0 * 49 + 17) % 120 })
        let decision = decided(try Evidence.parse(csv: csv))
        #expect(decision == decided(try Evidence.parse(csv: shuffled)))
        #expect(decision != decided(try Evidence.parse(csv: csv), seed: 8))
    }

    @Test("the same bounds for a rule, whatever other rules stand beside it")
    func independentOfOtherRules() throws {
        let evidence = try SyntheticTable(rows: 120, gain: 0.5, seed: 6).evidence()
        let all = decided(evidence, PromotionRules(improve: Metric.allCases.map { .init(metric: $0, by: 0) }))
        for (metric, finding) in zip(Metric.allCases, all.findings) {
            #expect(decided(evidence, PromotionRules(improve: [.init(metric: metric, by: 0)])).findings == [finding])
        }
    }

    @Test("the same bounds on every machine and in every build")
    func pinned() throws {
        // Scores on a grid, so that no result depends on rounding by the platform.
        let ids = (0..<200).map { "r\($0)" }
        let labels: [Double] = ids.indices.map { $0 % 4 == 0 ? 1 : 0 }
        let evidence = try Evidence(
            ids: ids, labels: labels, challenger: ids.indices.map { Double($0 * 37 % 101) + 30 * labels[$0] },
            champion: ids.indices.map { Double($0 * 53 % 103) + 10 * labels[$0] })
        let interval = decided(evidence).findings.first?.comparison?.interval
        guard case .bounds(let lower, let upper) = interval else {
            Issue.record("no bounds")
            return
        }
        #expect((lower - pinnedBounds.lower).magnitude < 1e-6 && (upper - pinnedBounds.upper).magnitude < 1e-6)
    }

    @Test("survives being stored")
    func stored() throws {
        let evidence = try SyntheticTable(rows: 60, seed: 6).evidence()
        let problem = EvidenceProblem.duplicateID("a", rows: [1, 2])
        for decision in [decided(evidence), decided(evidence, incumbent: false), decide(unreadable: problem)] {
            let stored = try JSONEncoder().encode(decision)
            #expect(try JSONDecoder().decode(Decision.self, from: stored) == decision)
        }
    }
}

/// Computed by a second implementation of the draws in Python, with scikit-learn's `roc_auc_score`, SciPy's Student and NumPy's
/// quantile.
private let pinnedBounds = (lower: 0.07273977319131586, upper: 0.26133238149118215)
