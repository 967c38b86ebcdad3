/// Pairs of environments that could both match one branch.
func overlapProblems(_ environments: [Environment]) -> [Problem] {
    var found: [Problem] = []
    for (index, left) in environments.enumerated() {
        for right in environments.dropFirst(index + 1) {
            for pattern in right.branches {
                guard let other = left.branches.first(where: { $0.overlaps(pattern) }) else { continue }
                let mark = right.resolved["branches"]?.items.first { $0.text == pattern.description }?.mark
                found.append(
                    Problem(
                        "'\(pattern)' overlaps '\(other)' of environment '\(left.name)'", at: mark,
                        key: "branches", hint: "a branch maps to one environment: make the patterns disjoint"))
            }
        }
    }
    return found
}

/// Names in a pipeline that its environments do not define.
func linkProblems(_ pipeline: Pipeline, _ environments: [Environment]) -> [Problem] {
    let names = environments.map(\.name)
    let named = pipeline.triggers.rules.flatMap { rule in
        rule.environments.map { ("on.\(rule.key).environment", $0) }
    }
    var found = named.filter { !names.contains($0.1) }.map { key, name in
        Problem(
            "there is no environment '\(name)'", at: pipeline.mark, key: key,
            hint: nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                ?? "add environments/\(name).yml, or use one of \(names.joined(separator: ", "))")
    }
    let used = environments.filter { environment in named.contains { $0.1 == environment.name } }
    for step in pipeline.steps {
        guard let compute = step.compute else { continue }
        for environment in used where environment.compute[compute] == nil {
            found.append(
                Problem(
                    "environment '\(environment.name)' has no compute '\(compute)'", at: pipeline.mark,
                    key: "steps.\(step.name).compute",
                    hint: nearest(to: compute, among: Array(environment.compute.keys)).map { "did you mean '\($0)'?" }
                        ?? "add it under compute: in environments/\(environment.name).yml"))
        }
    }
    return found
}

/// Pipelines that name models which their environments do not have.
///
/// - Parameter environments: as the commit itself declares them, before privileged keys are replaced.
func modelProblems(_ pipeline: Pipeline, _ file: Node, _ environments: [Environment]) -> [Problem] {
    let used = environments.filter { pipeline.triggers.environments.contains($0.name) }
    return used.filter { !$0.has(modelOf: pipeline) }.map { environment in
        let known = environment.registry.models ?? []
        let model = pipeline.model ?? ""
        return Problem(
            "environment '\(environment.name)' has no model '\(model)'", at: file["model"]?.mark, key: "model",
            hint: nearest(to: model, among: known).map { "did you mean '\($0)'?" }
                ?? "add it: registry: { model: [\((known + [model]).joined(separator: ", "))] }")
    }
}
