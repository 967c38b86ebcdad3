import Foundation

extension Decision {
    /// The decision in sentences for people: its reason, then each rule with its numbers.
    public var reasons: [String] {
        let failed = findings.count { $0.outcome == .failed }
        return [ground.sentence(failed: failed, rules: findings.count)] + findings.map(\.sentence)
    }
}

extension Ground {
    fileprivate func sentence(failed: Int, rules: Int) -> String {
        switch self {
        case .rules where failed == 0: "Promoted: every rule passed."
        case .rules: "Not promoted: \(failed) of \(rules) rules failed."
        case .floorsOfFirst where rules == 0: "Promoted: there is no champion yet, and no floor to reach."
        case .floorsOfFirst where failed == 0: "Promoted: there is no champion yet, and every floor was reached."
        case .floorsOfFirst: "Not promoted: there is no champion yet, and a floor was not reached."
        case .firstHeld: "Not promoted: there is no champion yet, and 'first: hold' leaves the first to a person."
        case .championNotScored:
            "Not promoted: the registry has a champion, and the evidence does not score it; add the column 'champion'."
        case .championUnknown:
            "Not promoted: the evidence scores a champion, and the registry has none; "
                + "it was made against another model or before the alias was removed. Make it again."
        case .nothingCompared:
            "Not promoted: there is a champion, and no rule compares with it; add an 'improve' or 'no_worse' rule."
        case .trainedOnHoldout(let rows, let example):
            "Not promoted: the challenger was trained on \(rows) of the rows that it is judged by, such as '\(example)'; "
                + "keep training and holdout apart."
        case .holdoutSpent(let uses, let budget):
            "Not promoted: this holdout has compared models \(uses) times, and its budget is \(budget); "
                + "a model that wins on it now may only be overfitted to it. Use rows that have not been used yet."
        case .rolledBack(let person, let reason): "Rolled back by \(person): \(reason)"
        case .accepted(let person, let reason): "Accepted by \(person): \(reason)"
        case .unusableRules(let why): "Not promoted: \(why)."
        case .unusableEvidence(let why): "Not promoted: \(why)."
        }
    }
}

extension Finding {
    fileprivate var sentence: String {
        "\(rule.subject): \(numbers): \(outcome == .notApplied ? "not applied" : outcome.rawValue)."
    }

    private var numbers: String {
        let own = "challenger \(challenger.map(text) ?? "unknown")"
        switch rule {
        case .floor(let floor):
            let bound = floor.metric.greaterIsBetter ? "at least" : "at most"
            return "\(own), \(bound) \(text(floor.atLeast)) wanted"
        case .atMost(let rule):
            return challenger == nil
                ? "no step has reported it, at most \(text(rule.atMost)) wanted"
                : "\(own), at most \(text(rule.atMost)) wanted"
        case .improve(let improve):
            return comparing(own, improve.confidence, wanted: improve.by)
                + (comparison.map { $0.unitsThatDiffer < fewestUnitsThatDiffer } ?? false ? fewUnitsDiffer : "")
        case .noWorse(let noWorse):
            return comparing(own, noWorse.confidence, wanted: -noWorse.margin)
        case .slices(let rule):
            return sliceCounts(rule)
        }
    }

    /// The number of slices with each outcome, and which are worse.
    private func sliceCounts(_ rule: SlicesRule) -> String {
        let columns = rule.columns.joined(separator: ", ")
        guard let slices else { return "slices of \(columns), nothing to compare with" }
        let worse = slices.filter { $0.outcome == .worse }
        let small = slices.count { $0.outcome == .tooSmall }
        let named = worse.map { slice in
            "\(slice.column) '\(slice.value)' by \(text(-(slice.difference ?? 0))) (p \(text(slice.adjustedP ?? 0)))"
        }
        return "\(slices.count) slices of \(columns), worse by more than \(text(rule.margin)): "
            + (worse.isEmpty ? "none" : named.joined(separator: ", "))
            + (small == 0 ? "" : ", too small to be judged: \(small)")
    }

    private func comparing(_ own: String, _ confidence: Double, wanted: Double) -> String {
        guard let comparison else { return "\(own), nothing to compare with" }
        let models = "\(own), champion \(text(comparison.champion)), better by \(text(comparison.difference))"
        let percent = text((comparison.confidence ?? confidence) * 100)
        return switch comparison.interval {
        case .bounds(let lower, _):
            "\(models), with \(percent) % confidence by \(text(lower)) or more, above \(text(wanted)) wanted"
        case .tooFew(let units):
            "\(models), on \(units) rows or groups in the smallest class, too few for a bound of \(percent) %"
        case .undefined: "\(models), and not defined on too many resamples for a bound"
        }
    }

    private var fewUnitsDiffer: String {
        let count = comparison?.unitsThatDiffer ?? 0
        return count == 0
            ? ", the two models being the same in every row"
            : ", the two models differing in \(count) rows or groups where \(fewestUnitsThatDiffer) are needed"
    }
}

private func text(_ number: Double) -> String { String(format: "%.6g", number) }
