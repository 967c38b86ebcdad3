import Cron
import Foundation
import Projects

/// One pipeline as a `databricks_job`.
struct Job {
    /// Nil if no step is a command.
    private(set) var fields: [String: JSONValue]?
    private(set) var remarks: [String] = []
    /// Computes without a cluster. They become variables.
    private(set) var unmapped: Set<String> = []

    init(_ pipeline: Pipeline, of project: Project, in environment: Environment, runner: String) throws(Problems) {
        let file = "pipelines/\(pipeline.name).yml"
        remarks = triggerRemarks(pipeline, environment).map { "\(file): \($0)" }
        var tasks: [JSONValue] = []
        var clusters: [String: JSONValue] = [:]
        for step in pipeline.steps.sorted(by: { $0.name < $1.name }) {
            let command: String
            switch step.action.body.onDatabricks {
            case .command(let own): command = own
            case .none(let missing):
                remarks.append("\(file): steps.\(step.name): not expressed: Databricks does not \(missing)")
                continue
            }
            let place = try Cluster(step.compute ?? "default", in: environment)
            if let block = place.block { clusters[place.name] = block }
            if place.isUnmapped { unmapped.insert(place.name) }
            tasks.append(.object(task(step, command, place, pipeline, environment, runner)))
            remarks += stepRemarks(step).map { "\(file): steps.\(step.name): \($0)" }
        }
        guard !tasks.isEmpty else { return }
        var job: [String: JSONValue] = [
            "name": .literal("\(project.name) \(environment.name) \(pipeline.name)"),
            "tags": ["project": .literal(project.name), "environment": .literal(environment.name)],
            "git_source": [
                "url": .expression("var.git_url"), "provider": .expression("var.git_provider"),
                "branch": .expression("var.git_branch"),
            ],
            "task": .list(tasks),
        ]
        if !clusters.isEmpty { job["job_cluster"] = .list(clusters.sorted { $0.key < $1.key }.map(\.value)) }
        if let seconds = pipeline.timeout { job["timeout_seconds"] = .integer(seconds) }
        if let identity = environment.identity {
            let principal = "databricks_service_principal.\(terraformName(identity)).application_id"
            job["run_as"] = ["service_principal_name": .expression(principal)]
        }
        let rule = pipeline.triggers.schedule.flatMap { $0.environment == environment.name ? $0 : nil }
        if let rule {
            job["schedule"] = [
                "quartz_cron_expression": .literal(rule.cron.text), "timezone_id": .literal(rule.timezone),
            ]
        }
        if rule != nil || pipeline.concurrency.group != nil {
            job["max_concurrent_runs"] = .integer(1)
            job["queue"] = ["enabled": .flag(rule?.overlap != .skip)]
        }
        fields = job
    }
}

/// Where a task runs.
private struct Cluster {
    let name: String
    /// The `job_cluster` to create.
    let block: JSONValue?
    /// The field of each task that refers to it.
    let field: (key: String, value: JSONValue)
    let isUnmapped: Bool

    init(_ name: String, in environment: Environment) throws(Problems) {
        self.name = name
        let node = environment.resolved["compute"]?[name]?["databricks"]
        if let id = node?["existing_cluster_id"]?.text {
            (block, field, isUnmapped) = (nil, ("existing_cluster_id", .literal(id)), false)
        } else if let node {
            guard let version = node["spark_version"]?.text, let type = node["node_type_id"]?.text else {
                throw Problems([
                    Problem(
                        "names no cluster", at: node.mark, key: "compute.\(name).databricks",
                        hint: "give existing_cluster_id, or spark_version and node_type_id")
                ])
            }
            var cluster: [String: JSONValue] = [
                "spark_version": .literal(version), "node_type_id": .literal(type),
                "num_workers": .integer(Int64(node["num_workers"]?.integer ?? 1)),
            ]
            if let policy = node["policy_id"]?.text { cluster["policy_id"] = .literal(policy) }
            block = ["job_cluster_key": .literal(name), "new_cluster": .object(cluster)]
            (field, isUnmapped) = (("job_cluster_key", .literal(name)), false)
        } else {
            let variable = JSONValue.expression("var.cluster_\(terraformName(name))")
            (block, field, isUnmapped) = (nil, ("existing_cluster_id", variable), true)
        }
    }
}

private func task(
    _ step: Step, _ command: String, _ cluster: Cluster, _ pipeline: Pipeline, _ environment: Environment,
    _ runner: String
) -> [String: JSONValue] {
    let variables = environment.env.merging(step.env.filter { Reference.all(in: $0.value).isEmpty }) { $1 }
    let parameters = variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + ["--", command]
    let seconds = step.timeout ?? environment.compute[cluster.name]?.timeout ?? Compute.standard.timeout
    var task: [String: JSONValue] = [
        "task_key": .literal(step.name),
        "spark_python_task": [
            "python_file": .literal(runner), "source": "GIT", "parameters": .list(parameters.map(JSONValue.literal)),
        ],
        "timeout_seconds": .integer(seconds),
        cluster.field.key: cluster.field.value,
    ]
    let needs = commands(neededBy: step, in: pipeline)
    if !needs.isEmpty { task["depends_on"] = .list(needs.map { ["task_key": .literal($0)] }) }
    return task
}

/// The command steps that a step depends on, directly or through steps that are not commands; sorted.
private func commands(neededBy step: Step, in pipeline: Pipeline) -> [String] {
    let found = step.needs.flatMap { name -> [String] in
        guard let needed = pipeline.steps.first(where: { $0.name == name }) else { return [] }
        if case .command = needed.action.body.onDatabricks { return [name] }
        return commands(neededBy: needed, in: pipeline)
    }
    return Set(found).sorted()
}

private func triggerRemarks(_ pipeline: Pipeline, _ environment: Environment) -> [String] {
    var remarks: [String] = []
    let rules = pipeline.triggers.rules.filter { $0.environments.contains(environment.name) }
    for rule in rules {
        guard case .none(let instead) = rule.onDatabricks else { continue }
        remarks.append("on.\(rule.key): not expressed" + (instead.map { ": \($0)" } ?? ""))
    }
    if pipeline.concurrency.supersede != .none { remarks.append("concurrency.supersede: not expressed") }
    if let group = pipeline.concurrency.group {
        remarks.append("concurrency.group: one run of the job at a time; other jobs of group '\(group)' do not wait")
    }
    if let model = pipeline.model { remarks.append("model: not expressed: its commands have to know '\(model)'") }
    if pipeline.config != nil { remarks.append("config: not expressed") }
    for rule in rules {
        guard case .schedule(let lost) = rule.onDatabricks else { continue }
        remarks.append("on.\(rule.key): not expressed: \(lost.joined(separator: ", "))")
    }
    return remarks
}

private func stepRemarks(_ step: Step) -> [String] {
    var lost: [String] = []
    if !step.inputs.isEmpty { lost.append("inputs") }
    if !step.data.isEmpty { lost.append("data") }
    if step.config != nil { lost.append("config") }
    if !step.outputs.isEmpty { lost.append("outputs") }
    if step.tests != nil { lost.append("tests") }
    if step.monitor != nil { lost.append("monitor") }
    lost += step.env.filter { !Reference.all(in: $0.value).isEmpty }.keys.sorted().map { "env.\($0)" }
    if step.retriesWhenLost != 1 { lost.append("retry") }
    return lost.isEmpty ? [] : ["not expressed: \(lost.joined(separator: ", "))"]
}
