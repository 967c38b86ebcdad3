import Testing

@testable import Promotion

/// What never promotes, whatever the scores.
@Suite("Refusing a promotion")
struct RefusedPromotionTests {
    private let table = SyntheticTable(rows: 200, gain: 3, seed: 1)
    private let floor = FloorRule(metric: .rocAUC, atLeast: 0.6)
    private let improve = ImproveRule(metric: .rocAUC, by: 0)

    private func decided(_ evidence: Evidence, incumbent: Bool = true, _ rules: PromotionRules) -> Decision {
        decide(evidence, in: Circumstances(incumbent: incumbent), rules: rules, seed: 7, resamples: 400)
    }

    @Test("evidence that could not be read")
    func unreadable() {
        let decision = decide(unreadable: .duplicateID("a", rows: [1, 2]))
        #expect(decision.verdict == .notPromoted)
        #expect(decision.reasons == ["Not promoted: the id 'a' appears in rows 1 and 2; every id may appear once."])
    }

    @Test("the first challenger: promoted by its floors, unless held")
    func first() throws {
        let evidence = try table.withoutChampion()
        let rules = PromotionRules(first: .promote, floor: [floor], improve: [improve])
        let promoted = decided(evidence, incumbent: false, rules)
        #expect(promoted.verdict == .promoted)
        #expect(promoted.findings.map(\.outcome) == [.passed, .notApplied])
        #expect(promoted.reasons[0] == "Promoted: there is no champion yet, and every floor was reached.")

        let noFloor = decided(evidence, incumbent: false, PromotionRules(first: .promote))
        #expect(noFloor.verdict == .promoted)
        #expect(noFloor.reasons == ["Promoted: there is no champion yet, and no floor to reach."])

        let tooLow = PromotionRules(first: .promote, floor: [FloorRule(metric: .rocAUC, atLeast: 1)])
        #expect(decided(evidence, incumbent: false, tooLow).ground == .floorsOfFirst)
        #expect(decided(evidence, incumbent: false, tooLow).verdict == .notPromoted)

        let held = decided(evidence, incumbent: false, PromotionRules(first: .hold, floor: [floor]))
        #expect(held.verdict == .notPromoted)
        #expect(held.ground == .firstHeld)
        #expect(held.findings.map(\.outcome) == [.passed])
    }

    @Test("evidence that disagrees with the registry about there being a champion")
    func disagreement() throws {
        let rules = PromotionRules(first: .promote, floor: [floor], improve: [improve])
        let missing = decided(try table.withoutChampion(), rules)
        #expect(missing.verdict == .notPromoted)
        #expect(missing.ground == .championNotScored)
        #expect(missing.findings.map(\.outcome) == [.passed, .notApplied])
        let unknown = decided(try table.evidence(), incumbent: false, rules)
        #expect(unknown.verdict == .notPromoted)
        #expect(unknown.ground == .championUnknown)
    }

    @Test("rules that do not compare with the champion")
    func silence() throws {
        for rules in [PromotionRules(first: .promote), PromotionRules(first: .promote, floor: [floor])] {
            let decision = decided(try table.evidence(), rules)
            #expect(decision.verdict == .notPromoted)
            #expect(decision.ground == .nothingCompared)
        }
    }

    @Test(
        "rules that cannot be decided by",
        arguments: [
            PromotionRules(floor: [.init(metric: .mae, atLeast: .nan)]),
            PromotionRules(improve: [.init(metric: .mae, by: -0.1)]),
            PromotionRules(improve: [.init(metric: .mae, by: .nan)]),
            PromotionRules(improve: [.init(metric: .mae, by: 0, confidence: 1)]),
            PromotionRules(improve: [.init(metric: .mae, by: 0, confidence: 0.2)]),
            PromotionRules(improve: [.init(metric: .mae, by: 0, confidence: 0.999)]),
            PromotionRules(noWorse: [.init(metric: .mae, margin: .infinity)]),
            PromotionRules(noWorse: [.init(metric: .mae, margin: -1)]),
            PromotionRules(noWorse: [.init(metric: .mae, margin: 1, confidence: .nan)]),
        ])
    func unusableRules(_ rules: PromotionRules) throws {
        let decision = decided(try table.evidence(), rules)
        #expect(decision.verdict == .notPromoted)
        guard case .unusableRules = decision.ground else {
            Issue.record("not \(decision.ground)")
            return
        }
    }

    @Test("labels and scores that are no such thing to the metric")
    func unfit() throws {
        let ids = ["a", "b"]
        func why(_ evidence: Evidence, _ metric: Metric) -> String? {
            let decision = decided(evidence, PromotionRules(improve: [.init(metric: metric, by: 0)]))
            #expect(decision.verdict == .notPromoted)
            return decision.reasons.first
        }
        let counted = try Evidence(ids: ids, labels: [0, 2], challenger: [0, 1], champion: [0, 1])
        #expect(why(counted, .rocAUC) == "Not promoted: roc_auc needs labels 0 and 1, and the row 'b' has 2.0.")
        let logits = try Evidence(ids: ids, labels: [0, 1], challenger: [0, 1], champion: [0, 1.5])
        #expect(
            why(logits, .brier)
                == "Not promoted: brier needs probabilities from 0 to 1, and the row 'b' has 1.5 in column 'champion'.")
        let oneClass = try Evidence(ids: ids, labels: [1, 1], challenger: [0, 1], champion: [0, 1])
        #expect(why(oneClass, .averagePrecision)?.contains("smallest class") == false)
        #expect(why(oneClass, .rocAUC)?.contains("roc_auc of the challenger is not defined") == true)
    }

    @Test("too few rows of a class to know the spread")
    func fewPositives() throws {
        var few = table
        few.labels = few.labels.indices.map { $0 < 9 ? 1 : 0 }
        few.challenger = few.labels
        let decision = decided(try few.evidence(), PromotionRules(improve: [improve]))
        #expect(decision.verdict == .notPromoted)
        #expect(decision.findings.first?.comparison?.interval == .tooFew(units: 9))

        let weights = table.labels.map { $0 == 1 ? 0.0 : 1 }.enumerated().map { $0 < 20 ? 1 : $1 }
        let weighing = zip(table.labels, weights).count { $0 == 1 && $1 > 0 }
        let weighted = decided(try table.evidence(weights: weights), PromotionRules(improve: [improve]))
        #expect(weighing < 10)
        #expect(weighted.findings.first?.comparison?.interval == .tooFew(units: weighing))

        let groups = few.ids.indices.map { "hospital \($0 % 9)" }
        let grouped = decided(try table.evidence(groups: groups), PromotionRules(improve: [improve]))
        #expect(grouped.findings.first?.comparison?.interval == .tooFew(units: 9))
    }

    @Test("a lead that rests on a handful of rows")
    func fewDifferences() throws {
        var champion = table.labels
        for row in 0..<5 { champion[row] = 1 - champion[row] }
        let perfect = try Evidence(ids: table.ids, labels: table.labels, challenger: table.labels, champion: champion)
        let decision = decided(perfect, PromotionRules(improve: [.init(metric: .accuracy, by: 0)]))
        guard case .bounds(let lower, _) = decision.findings.first?.comparison?.interval else {
            Issue.record("no bounds")
            return
        }
        #expect(lower > 0)
        #expect(decision.verdict == .notPromoted)
        #expect(decision.reasons.last?.contains("differing in 5 rows") == true)
    }
}
