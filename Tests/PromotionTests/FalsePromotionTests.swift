import Testing

@testable import Promotion

@Suite("Promotions under no true difference")
struct FalsePromotionTests {
    @Test(
        "are about as rare as the confidence says, where a plain comparison promotes half",
        arguments: [Metric.rocAUC, .brier])
    func twins(_ metric: Metric) throws {
        let rules = PromotionRules(improve: [ImproveRule(metric: metric, by: 0)])
        let decisions = try (0..<200).map { trial in
            let table = SyntheticTable(rows: 150, seed: UInt64(trial) + 1_000)
            return decide(
                try table.evidence(), in: Circumstances(incumbent: true), rules: rules, seed: UInt64(trial),
                resamples: 300)
        }
        let promoted = decisions.count { $0.verdict == .promoted }
        let ahead = decisions.count { ($0.findings.first?.comparison?.difference ?? 0) >= 0 }
        // 5 % of 200 is 10 with a standard deviation of 3.1.
        #expect(promoted <= 16, "\(promoted) of 200")
        #expect((70...130).contains(ahead), "\(ahead) of 200")
    }

    /// Ten positives: a plain percentile bound of 95 % lets 9 % through.
    @Test("stay as rare where one class has few rows")
    func fewPositives() throws {
        let rules = PromotionRules(improve: [ImproveRule(metric: .rocAUC, by: 0)])
        let decisions = try (0..<400).map { trial in
            var table = SyntheticTable(rows: 220, prevalence: 0.5, seed: UInt64(trial) + 9_000)
            table.keep(positives: 10)
            return decide(
                try table.evidence(), in: Circumstances(incumbent: true), rules: rules, seed: UInt64(trial),
                resamples: 400)
        }
        let promoted = decisions.count { $0.verdict == .promoted }
        // 5 % of 400 is 20 with a standard deviation of 4.4; 9 % would be 36.
        #expect((6...32).contains(promoted), "\(promoted) of 400")
    }

    @Test("are none where a budget asks for more than so few rows can show")
    func tooFewForABudget() throws {
        var table = SyntheticTable(rows: 400, gain: 4, seed: 1)
        table.keep(positives: 10)
        let rules = PromotionRules(improve: [ImproveRule(metric: .rocAUC, by: 0)], holdoutBudget: 20)
        let decision = decide(try table.evidence(), in: Circumstances(incumbent: true), rules: rules, seed: 1)
        #expect(decision.verdict == .notPromoted)
        #expect(decision.findings.first?.comparison?.interval == .tooFew(units: 10))
        #expect(
            decision.reasons.last?.contains("10 rows or groups in the smallest class, too few for a bound of 99.75 %")
                == true)
    }
}
