import Cron

/// Two environments that could both claim one branch.
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

/// Names in a pipeline that no environment answers to.
func linkProblems(_ pipeline: Pipeline, _ environments: [Environment]) -> [Problem] {
    let names = environments.map(\.name)
    let named: [(String, String)] =
        (pipeline.triggers.push?.environments ?? []).map { ("on.push.environment", $0) }
        + (pipeline.triggers.change.map { [("on.change.environment", $0.environment)] } ?? [])
        + (pipeline.triggers.schedule.map { [("on.schedule.environment", $0.environment)] } ?? [])
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

/// What a pipeline's cron expression holds that is passed over when it is read.
func scheduleWarnings(_ pipeline: Node) -> [Problem] {
    guard let cron = pipeline["on"]?["schedule"]?["cron"], let expression = try? CronExpression(cron.text ?? "") else {
        return []
    }
    return expression.lints.map { Problem("\($0)", at: cron.mark, key: "on.schedule.cron") }
}
