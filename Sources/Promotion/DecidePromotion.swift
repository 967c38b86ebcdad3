import Foundation

/// Facts about a challenger other than its evidence.
public struct Circumstances: Sendable {
    /// Whether the registry has a champion.
    public var incumbent: Bool
    /// Rows that the challenger was trained on, by id.
    public var trainingIDs: Set<String>
    /// What steps have reported about the challenger: `latency_ms`, `size_bytes`.
    public var reported: [String: Double]
    /// How often this holdout has compared models before.
    public var earlierUses: Int

    public init(
        incumbent: Bool, trainingIDs: Set<String> = [], reported: [String: Double] = [:], earlierUses: Int = 0
    ) {
        self.incumbent = incumbent
        self.trainingIDs = trainingIDs
        self.reported = reported
        self.earlierUses = earlierUses
    }
}

/// Decides whether the challenger becomes champion.
///
/// - If the registry has a champion, at least one rule must compare (`improve` or `no_worse`), and every rule must
///   pass.
/// - If it has none, floors and guards alone decide, if `rules.first` allows that.
/// - Evidence never promotes if it disagrees with the registry about whether there is a champion, if it has rows that
///   the challenger was trained on, or if the budget of its holdout is spent.
///
/// The bounds come from a paired bootstrap. Rows are drawn within their label for classification metrics and freely for
/// regression metrics. Groups, if the evidence has them, are drawn whole.
///
/// Pure: the same evidence, circumstances, rules, seed and resamples give the same decision, on any number of cores.
public func decide(
    _ evidence: Evidence, in circumstances: Circumstances, rules: PromotionRules, seed: UInt64,
    resamples: Int = resamplesOfADecision
) -> Decision {
    func refused(_ ground: Ground) -> Decision {
        Decision(
            verdict: .notPromoted, ground: ground, findings: [], rows: evidence.ids.count, resamples: 0, seed: seed)
    }
    if let why = rules.problem(resamples: resamples) { return refused(.unusableRules(why: why)) }
    let ground = ground(evidence, circumstances, rules)
    let comparing: PairedComparison? =
        switch ground {
        case .rules, .trainedOnHoldout, .holdoutSpent:
            circumstances.incumbent
                ? PairedComparison(evidence, rules: rules, seed: seed, resamples: resamples) : nil
        default: nil
        }
    do throws(EvidenceProblem) {
        let findings = try findings(on: evidence, circumstances, comparing, rules)
        return Decision(
            verdict: verdict(on: ground, findings), ground: ground, findings: findings, rows: evidence.ids.count,
            resamples: comparing == nil ? 0 : resamples, seed: seed)
    } catch {
        return refused(.unusableEvidence(why: error.description))
    }
}

/// The decision on unreadable evidence: never promoted.
public func decide(unreadable problem: EvidenceProblem) -> Decision {
    Decision(
        verdict: .notPromoted, ground: .unusableEvidence(why: problem.description), findings: [], rows: 0, resamples: 0,
        seed: 0)
}

/// The decision of a rollback by a person, to a version that was champion before.
public func decide(restoringFor person: String, because reason: String) -> Decision {
    Decision(
        verdict: .promoted, ground: .rolledBack(by: person, reason: reason), findings: [], rows: 0, resamples: 0,
        seed: 0)
}

/// The decision of a person who accepts a version as champion.
public func decide(acceptingFor person: String, because reason: String) -> Decision {
    Decision(
        verdict: .promoted, ground: .accepted(by: person, reason: reason), findings: [], rows: 0, resamples: 0, seed: 0)
}

private func ground(_ evidence: Evidence, _ circumstances: Circumstances, _ rules: PromotionRules) -> Ground {
    let trained = Set(circumstances.trainingIDs.map(canonicalID))
    let seen = trained.isEmpty ? [] : evidence.ids.filter { trained.contains(canonicalID($0)) }
    if let example = seen.first { return .trainedOnHoldout(rows: seen.count, example: example) }
    switch (circumstances.incumbent, evidence.champion != nil) {
    case (true, false): return .championNotScored
    case (false, true): return .championUnknown
    case (false, false): return rules.first == .promote ? .floorsOfFirst : .firstHeld
    case (true, true):
        guard !rules.comparisons.isEmpty else { return .nothingCompared }
        if let budget = rules.holdoutBudget, circumstances.earlierUses >= budget {
            return .holdoutSpent(uses: circumstances.earlierUses, budget: budget)
        }
        return .rules
    }
}

private func verdict(on ground: Ground, _ findings: [Finding]) -> Verdict {
    let passes: Bool =
        switch ground {
        case .rules: findings.allSatisfy { $0.outcome == .passed }
        case .floorsOfFirst: findings.allSatisfy { $0.outcome != .failed }
        default: false
        }
    return passes ? .promoted : .notPromoted
}

private func findings(
    on evidence: Evidence, _ circumstances: Circumstances, _ comparing: PairedComparison?, _ rules: PromotionRules
) throws(EvidenceProblem) -> [Finding] {
    var findings: [Finding] = []
    for rule in rules.all {
        switch rule {
        case .atMost(let rule): findings.append(finding(rule, circumstances.reported[rule.value]))
        case .floor(let floor):
            let challenger = try evidence.value(of: floor.metric, scores: evidence.challenger, column: "challenger")
            let reached = floor.metric.greaterIsBetter ? challenger >= floor.atLeast : challenger <= floor.atLeast
            findings.append(
                Finding(rule: rule, outcome: reached ? .passed : .failed, challenger: challenger, comparison: nil))
        case .improve(let improve):
            let found = try comparing?.compare(improve.metric, improve.confidence, improve.bound)
            let challenger = try evidence.value(of: improve.metric, scores: evidence.challenger, column: "challenger")
            findings.append(
                Finding(
                    rule: rule, outcome: outcome(found) { $0 > improve.by && $1 >= fewestUnitsThatDiffer },
                    challenger: challenger, comparison: found))
        case .noWorse(let noWorse):
            let found = try comparing?.compare(noWorse.metric, noWorse.confidence, noWorse.bound)
            let challenger = try evidence.value(of: noWorse.metric, scores: evidence.challenger, column: "challenger")
            findings.append(
                Finding(
                    rule: rule, outcome: outcome(found) { lower, _ in lower > -noWorse.margin },
                    challenger: challenger, comparison: found))
        case .slices(let slices):
            let challenger = try evidence.value(of: slices.metric, scores: evidence.challenger, column: "challenger")
            let found = try comparing?.slices(slices)
            let isHarmless = found.map { !$0.contains { $0.outcome == .worse } }
            findings.append(
                Finding(
                    rule: rule, outcome: isHarmless.map { $0 ? .passed : .failed } ?? .notApplied,
                    challenger: challenger, comparison: nil, slices: found))
        }
    }
    return findings
}

private func finding(_ rule: GuardRule, _ reported: Double?) -> Finding {
    // A value that is missing or not a number might exceed the limit.
    let value = reported.flatMap { $0.isFinite ? $0 : nil }
    let isSmall = value.map { $0 <= rule.atMost } ?? false
    return Finding(
        rule: .atMost(rule), outcome: isSmall ? .passed : .failed, challenger: value, comparison: nil)
}

/// With fewer rows or groups that differ, all of them could favour the challenger by chance and look certain. With
/// three such rows, a resample leaves out all of them with a probability of only e⁻³ < 5 %.
let fewestUnitsThatDiffer = 10

private func outcome(
    _ comparison: Comparison?, _ isGoodEnough: (_ lower: Double, _ unitsThatDiffer: Int) -> Bool
) -> Finding.Outcome {
    guard let comparison else { return .notApplied }
    guard case .bounds(let lower, _) = comparison.interval else { return .failed }
    return isGoodEnough(lower, comparison.unitsThatDiffer) ? .passed : .failed
}
