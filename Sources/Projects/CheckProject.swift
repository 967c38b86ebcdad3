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
        + (pipeline.triggers.drift.map { [("on.drift.environment", $0.environment)] } ?? [])
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

/// Pipelines about models that their environments do not have.
///
/// - Parameter environments: as the commit itself has them, whatever of that it may have.
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

/// Schedules that wait for what is no schedule of their environment, or for each other; drift that nobody could report.
func dependencyProblems(_ pipelines: [Pipeline]) -> [Problem] {
    let schedules = pipelines.filter { $0.triggers.schedule != nil }
    var found: [Problem] = []
    for pipeline in schedules {
        guard let rule = pipeline.triggers.schedule, let after = rule.after, !after.isEmpty else { continue }
        let others = schedules.filter { $0.triggers.schedule?.environment == rule.environment }.map(\.name)
            .filter { $0 != pipeline.name }
        for name in after where !others.contains(name) {
            found.append(
                Problem(
                    "'\(name)' is no other schedule of environment '\(rule.environment)'", at: pipeline.mark,
                    key: "on.schedule.after",
                    hint: nearest(to: name, among: others).map { "did you mean '\($0)'?" }
                        ?? "name a pipeline with on: { schedule: … } in the same environment"))
        }
    }
    let waits = schedules.compactMap { pipeline in
        pipeline.triggers.schedule?.after.map { (pipeline.name, $0) }
    }
    if let circle = circle(in: Dictionary(uniqueKeysWithValues: waits)), circle.count > 2 {
        found.append(
            Problem(
                "the schedules wait for each other in a circle: \(circle.joined(separator: " → "))",
                at: schedules.first { $0.name == circle[0] }?.mark, key: "on.schedule.after",
                hint: "remove one of these names"))
    }
    for pipeline in pipelines {
        for name in pipeline.triggers.drift?.of ?? [] where !pipelines.contains(where: { $0.name == name }) {
            found.append(
                Problem(
                    "there is no pipeline '\(name)'", at: pipeline.mark, key: "on.drift.of",
                    hint: nearest(to: name, among: pipelines.map(\.name)).map { "did you mean '\($0)'?" }))
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
