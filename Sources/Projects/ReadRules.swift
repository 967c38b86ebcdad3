import Promotion

/// The keys of `promote:` that are rules.
enum RuleFields {
    private static let floorRule = Shape.map(.number)
    private static let improveRule = Shape.object([
        .init("metric", .string, required: true, "what is compared"),
        .init("by", .number, "the lower bound must exceed this; default 0"),
        .init("confidence", .number, "one-sided confidence of the bound; default 0.95"),
        .init("bound", bounds, "how the bound is taken from the resamples; default percentile"),
    ])
    private static let noWorseRule = Shape.object([
        .init("metric", .string, required: true, "what is compared"),
        .init("margin", .number, required: true, "the lower bound must exceed minus this"),
        .init("confidence", .number, "one-sided confidence of the bound; default 0.95"),
        .init("bound", bounds, "how the bound is taken from the resamples; default percentile"),
    ])
    private static let slicesRule = Shape.object([
        .init("columns", .oneOrMany(.string), required: true, "columns of the evidence; each value is a slice"),
        .init("metric", .string, required: true, "what is compared"),
        .init("margin", .number, required: true, "no slice may get significantly worse by more than this"),
        .init("min_rows", .integer(min: 1), "smaller slices are reported, not judged; default 200"),
        .init(
            "confidence", .number,
            "confidence over all slices together (Holm) that none is rejected by chance; default 0.95"),
    ])
    private static let bounds = Shape.oneOf(BoundMethod.allCases.map(\.rawValue))

    static let all: [Shape.Field] = [
        .init("first", .oneOf(["promote", "hold"]), "what to do when there is no incumbent yet; default promote"),
        .init("floor", floorRule, "metric → value that the challenger alone must reach"),
        .init("improve", .oneOrMany(improveRule), "what must get better"),
        .init("no_worse", .oneOrMany(noWorseRule), "what must not get worse"),
        .init("slices", .oneOrMany(slicesRule), "subgroups that must not get worse"),
        .init("at_most", .map(.number), "value reported by an earlier step → its maximum: { latency_ms: 50 }"),
        .init(
            "holdout",
            .object([
                .init("budget", .integer(min: 1), required: true, "number of comparisons that the same rows may decide")
            ]), "limits reuse of the same holdout; the confidence is spent over the budget"),
    ]
}

/// Reads the rules of a `promote` step whose shape is already right.
func readRules(_ node: Node, key: String, _ problems: inout [Problem]) -> PromotionRules {
    var floor: [FloorRule] = []
    for entry in node["floor"]?.entries ?? [] {
        guard let metric = readMetric(entry.key, at: entry.mark, key: "\(key).floor", &problems) else { continue }
        floor.append(FloorRule(metric: metric, atLeast: entry.value.number ?? 0))
    }
    let improve = (node["improve"]?.items ?? []).compactMap { rule -> ImproveRule? in
        guard let metric = readMetric(rule, key: "\(key).improve", &problems) else { return nil }
        return ImproveRule(
            metric: metric, by: rule["by"]?.number ?? 0,
            confidence: readConfidence(rule, key: "\(key).improve", &problems), bound: readBound(rule))
    }
    let noWorse = (node["no_worse"]?.items ?? []).compactMap { rule -> NoWorseRule? in
        guard let metric = readMetric(rule, key: "\(key).no_worse", &problems) else { return nil }
        return NoWorseRule(
            metric: metric, margin: rule["margin"]?.number ?? 0,
            confidence: readConfidence(rule, key: "\(key).no_worse", &problems), bound: readBound(rule))
    }
    let slices = (node["slices"]?.items ?? []).compactMap { rule -> SlicesRule? in
        guard let metric = readMetric(rule, key: "\(key).slices", &problems) else { return nil }
        return SlicesRule(
            columns: rule["columns"]?.texts ?? [], metric: metric, margin: rule["margin"]?.number ?? 0,
            minRows: rule["min_rows"]?.integer ?? 200,
            confidence: readConfidence(rule, key: "\(key).slices", &problems))
    }
    let rules = PromotionRules(
        first: node["first"]?.text == "hold" ? .hold : .promote, floor: floor, improve: improve, noWorse: noWorse,
        slices: slices,
        guards: (node["at_most"]?.entries ?? []).map { GuardRule(value: $0.key, atMost: $0.value.number ?? 0) },
        holdoutBudget: node["holdout"]?["budget"]?.integer)
    if problems.isEmpty, let why = rules.problem() {
        problems.append(Problem(why, at: node.mark, key: key, hint: "these rules cannot decide anything"))
    }
    return rules
}

private func readMetric(_ rule: Node, key: String, _ problems: inout [Problem]) -> Metric? {
    readMetric(rule["metric"]?.text ?? "", at: rule["metric"]?.mark ?? rule.mark, key: "\(key).metric", &problems)
}

private func readMetric(_ name: String, at mark: Mark, key: String, _ problems: inout [Problem]) -> Metric? {
    if let metric = Metric(rawValue: name) { return metric }
    let isKnown = Metric.names.contains { name.hasPrefix("\($0)@") || name == $0 }
    let hint = isKnown ? nil : nearest(to: name, among: Metric.names).map { "did you mean '\($0)'?" }
    problems.append(
        Problem(
            "unknown metric '\(name)'", at: mark, key: key,
            hint: hint ?? "known: \(Metric.spellings.joined(separator: ", "))"))
    return nil
}

private func readBound(_ rule: Node) -> BoundMethod? { rule["bound"]?.text.flatMap(BoundMethod.init) }

private func readConfidence(_ rule: Node, key: String, _ problems: inout [Problem]) -> Double {
    let value = rule["confidence"]?.number ?? 0.95
    if !(value > 0.5 && value < 1) {
        problems.append(
            Problem(
                "\(value) is not a confidence", at: rule["confidence"]?.mark ?? rule.mark,
                key: "\(key).confidence", hint: "give a number between 0.5 and 1, such as 0.95"))
    }
    return value
}
