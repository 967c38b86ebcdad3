import Foundation

/// Decides whether the challenger becomes champion.
///
/// `incumbent` says whether the registry has a champion. With one, at least one rule must compare (`improve` or
/// `no_worse`) and every rule must pass. Without one, floors alone decide, if `rules.first` allows it at all. Evidence
/// that disagrees with the registry about there being a champion, either way round, never promotes.
///
/// The bounds are those of a paired percentile bootstrap, rows drawn within their label for classification metrics and
/// freely for regression metrics; groups, where the evidence has them, are drawn whole.
///
/// Pure: the same evidence, rules, seed and resamples give the same decision.
public func decide(
    _ evidence: Evidence, incumbent: Bool, rules: PromotionRules, seed: UInt64, resamples: Int = 10_000
) -> Decision {
    func refused(_ ground: Ground) -> Decision {
        Decision(
            verdict: .notPromoted, ground: ground, findings: [], rows: evidence.ids.count, resamples: 0, seed: seed)
    }
    if let why = rules.problem(resamples: resamples) { return refused(.unusableRules(why: why)) }
    let ground = ground(incumbent: incumbent, scored: evidence.champion != nil, rules: rules)
    let champion = ground == .rules ? evidence.champion : nil
    do throws(EvidenceProblem) {
        let findings = try findings(on: evidence, champion: champion, rules: rules, seed: seed, resamples: resamples)
        return Decision(
            verdict: verdict(on: ground, findings), ground: ground, findings: findings, rows: evidence.ids.count,
            resamples: champion == nil ? 0 : resamples, seed: seed)
    } catch {
        return refused(.unusableEvidence(why: error.description))
    }
}

/// The decision on evidence that could not be read: never promoted.
public func decide(unreadable problem: EvidenceProblem) -> Decision {
    Decision(
        verdict: .notPromoted, ground: .unusableEvidence(why: problem.description), findings: [], rows: 0, resamples: 0,
        seed: 0)
}

private func ground(incumbent: Bool, scored: Bool, rules: PromotionRules) -> Ground {
    switch (incumbent, scored) {
    case (true, false): .championNotScored
    case (false, true): .championUnknown
    case (true, true): rules.comparisons.isEmpty ? .nothingCompared : .rules
    case (false, false): rules.first == .promote ? .floorsOfFirst : .firstHeld
    }
}

private func verdict(on ground: Ground, _ findings: [Finding]) -> Verdict {
    let passes: Bool =
        switch ground {
        case .rules: findings.allSatisfy { $0.outcome == .passed }
        case .floorsOfFirst: findings.allSatisfy { $0.outcome != .failed }
        case .firstHeld, .championNotScored, .championUnknown, .nothingCompared, .unusableRules, .unusableEvidence:
            false
        }
    return passes ? .promoted : .notPromoted
}

private func findings(
    on evidence: Evidence, champion: [Double]?, rules: PromotionRules, seed: UInt64, resamples: Int
) throws(EvidenceProblem) -> [Finding] {
    let comparing = PairedComparison(evidence, champion: champion, rules: rules, seed: seed, resamples: resamples)
    var findings: [Finding] = []
    for rule in rules.all {
        let challenger = try evidence.value(of: rule.metric, scores: evidence.challenger, column: "challenger")
        let comparison: Comparison? =
            switch rule {
            case .floor: nil
            case .improve(let improve):
                try comparing?.comparison(improve.metric, challenger: challenger, confidence: improve.confidence)
            case .noWorse(let noWorse):
                try comparing?.comparison(noWorse.metric, challenger: challenger, confidence: noWorse.confidence)
            }
        let outcome = outcome(of: rule, challenger: challenger, comparison)
        findings.append(Finding(rule: rule, outcome: outcome, challenger: challenger, comparison: comparison))
    }
    return findings
}

/// Fewer rows or groups than this that differ, all in favour of the challenger by chance, would look like certainty: a
/// resample leaves out all of three such with a probability of e⁻³ < 5 %.
let fewestUnitsThatDiffer = 10

private func outcome(of rule: Rule, challenger: Double, _ comparison: Comparison?) -> Finding.Outcome {
    if case .floor(let floor) = rule {
        let reached = floor.metric.greaterIsBetter ? challenger >= floor.atLeast : challenger <= floor.atLeast
        return reached ? .passed : .failed
    }
    guard let comparison else { return .notApplied }
    guard case .bounds(let lower, _) = comparison.interval else { return .failed }
    let passes: Bool =
        switch rule {
        case .floor: false
        case .improve(let improve): lower > improve.by && comparison.unitsThatDiffer >= fewestUnitsThatDiffer
        case .noWorse(let noWorse): lower > -noWorse.margin
        }
    return passes ? .passed : .failed
}
