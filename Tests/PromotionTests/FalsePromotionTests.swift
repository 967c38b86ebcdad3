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
                resamples: 200)
        }
        let promoted = decisions.count { $0.verdict == .promoted }
        let ahead = decisions.count { ($0.findings.first?.comparison?.difference ?? 0) >= 0 }
        // 5 % of 200 is 10 with a standard deviation of 3.1.
        #expect(promoted <= 16, "\(promoted) of 200")
        #expect((70...130).contains(ahead), "\(ahead) of 200")
    }
}
