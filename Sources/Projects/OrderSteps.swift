/// The steps in an order that respects `needs`. Adds to `problems` what prevents that: an unknown step, a cycle, or a
/// reference to the output of a step that is not needed.
func order(_ steps: [Step], marks: Node?, _ problems: inout [Problem]) -> [Step] {
    func mark(_ step: String) -> Mark? { marks?.entries.first { $0.key == step }?.mark }
    func needsMark(_ step: String) -> Mark? { marks?[step]?["needs"]?.mark ?? mark(step) }
    let names = steps.map(\.name)
    // A step that could not be read already has its own message, so naming it here is not another problem.
    let written = Set(marks?.entries.map(\.key) ?? names)
    for step in steps {
        for need in step.needs where !written.contains(need) {
            problems.append(
                Problem(
                    "needs '\(need)', which is not a step here", at: needsMark(step.name),
                    key: "steps.\(step.name).needs",
                    hint: nearest(to: need, among: names.filter { $0 != step.name }).map { "did you mean '\($0)'?" }))
        }
    }
    var ordered: [Step] = []
    var placed: Set<String> = []
    var waiting = steps
    while let index = waiting.firstIndex(where: { $0.needs.allSatisfy { placed.contains($0) || !names.contains($0) } })
    {
        let step = waiting.remove(at: index)
        placed.insert(step.name)
        ordered.append(step)
    }
    if let cycle = circle(in: Dictionary(uniqueKeysWithValues: waiting.map { ($0.name, $0.needs) })) {
        problems.append(
            Problem(
                "the steps need each other in a cycle: \(cycle.joined(separator: " → "))",
                at: needsMark(cycle[0]), key: "steps.\(cycle[0]).needs", hint: "remove one of these needs"))
    }
    checkReferences(ordered, mark, &problems)
    return ordered
}

/// One cycle among names that need each other, with its first name at both ends. Names that are not keys need nothing.
func circle(in needs: [String: [String]]) -> [String]? {
    var waiting = needs
    while let free = waiting.first(where: { $0.value.allSatisfy { waiting[$0] == nil } }) { waiting[free.key] = nil }
    guard var current = waiting.keys.min() else { return nil }
    var path: [String] = []
    while !path.contains(current) {
        path.append(current)
        guard let next = waiting[current]?.first(where: { waiting[$0] != nil }) else { return nil }
        current = next
    }
    return Array(path.drop { $0 != current }) + [current]
}

private func checkReferences(_ ordered: [Step], _ mark: (String) -> Mark?, _ problems: inout [Problem]) {
    var upstream: [String: Set<String>] = [:]
    for step in ordered {
        let all = step.needs.reduce(into: Set(step.needs)) { $0.formUnion(upstream[$1] ?? []) }
        upstream[step.name] = all
        for reference in step.references where !all.contains(reference.step) {
            problems.append(
                Problem(
                    "\(reference) is the output of a step that '\(step.name)' does not need",
                    at: mark(step.name), key: "steps.\(step.name)", hint: "add '\(reference.step)' to its needs"))
        }
    }
}

extension Step {
    /// Every output of other steps that this step refers to.
    public var references: [Reference] {
        env.sorted { $0.key < $1.key }.flatMap { Reference.all(in: $0.value) } + action.body.references
    }
}
