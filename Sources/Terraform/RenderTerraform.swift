import Foundation
import Projects

/// An environment as Terraform JSON, and what was left out.
public struct TerraformRendering: Sendable, Hashable {
    /// The contents of a `.tf.json` file; the same input gives the same text.
    public let text: String
    /// One sentence for each thing that a Databricks job cannot express, with its file.
    public let remarks: [String]
}

/// The jobs of an environment, one for each of its pipelines, for the Terraform provider `databricks/databricks`.
///
/// Sources: the provider's documentation of `databricks_job` (blocks `git_source`, `task`, `depends_on`,
/// `spark_python_task`, `job_cluster`, `schedule`, `queue`, `run_as`) and of `databricks_service_principal`;
/// Terraform's "JSON Configuration Syntax".
///
/// - Parameter runner: the path of `run_step.py` from the root of the repository. Each task runs its command with it.
/// - Throws: if a `databricks:` of a compute names no cluster, or if two names would be the same in Terraform.
public func renderTerraform(_ project: Project, _ environment: Environment, runner: String) throws(Problems)
    -> TerraformRendering
{
    let pipelines = project.pipelines.filter { $0.triggers.environments.contains(environment.name) }
    var remarks = environmentRemarks(environment)
    var jobs: [String: JSONValue] = [:]
    var clusters: Set<String> = []
    for pipeline in pipelines {
        let job = try Job(pipeline, of: project, in: environment, runner: runner)
        remarks += job.remarks
        guard let fields = job.fields else { continue }
        let name = terraformName(pipeline.name)
        guard jobs.updateValue(.object(fields), forKey: name) == nil else {
            throw Problems([
                Problem(
                    "two pipelines would be the Terraform resource databricks_job.\(name)", at: pipeline.mark,
                    hint: "rename one of them")
            ])
        }
        clusters.formUnion(job.unmapped)
    }
    var resources: [String: JSONValue] = jobs.isEmpty ? [:] : ["databricks_job": .object(jobs)]
    if let identity = environment.identity {
        resources["databricks_service_principal"] = [terraformName(identity): ["display_name": .literal(identity)]]
    }
    let root: JSONValue = [
        "terraform": ["required_providers": ["databricks": ["source": "databricks/databricks"]]],
        "variable": .object(variables(environment, clusters)),
        "resource": .object(resources),
    ]
    return TerraformRendering(text: write(root), remarks: remarks)
}

private func write(_ root: JSONValue) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    // Only texts, whole numbers and flags, so encoding cannot fail.
    return (try? encoder.encode(root)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
}

private func variables(_ environment: Environment, _ clusters: Set<String>) -> [String: JSONValue] {
    func variable(_ about: String) -> [String: JSONValue] { ["type": "string", "description": .literal(about)] }
    var branch = variable("Branch that the jobs run")
    if let only = environment.branches.first?.description, environment.branches.count == 1, !only.contains("*") {
        branch["default"] = .literal(only)
    }
    var all: [String: JSONValue] = [
        "git_url": .object(variable("Address of the repository, https")),
        "git_provider": .object(variable("gitHub, gitLab, azureDevOpsServices, bitbucketCloud, ...")),
        "git_branch": .object(branch),
    ]
    for name in clusters {
        all["cluster_\(terraformName(name))"] = .object(
            variable("Id of the cluster for compute '\(name)', which environments/\(environment.name).yml does not map")
        )
    }
    return all
}

/// Keys of the environment that Databricks has no use for.
private func environmentRemarks(_ environment: Environment) -> [String] {
    let said: Set = ["name", "default_branch", "branches", "identity", "env", "compute"]
    let rest = environment.resolved.entries.map(\.key).filter { !said.contains($0) }.sorted()
    let limits = environment.compute.sorted { $0.key < $1.key }.compactMap { name, compute -> String? in
        let given = [
            ("cpus", compute.cpus != nil), ("memory", compute.memory != nil), ("processes", compute.processes != nil),
        ]
        .filter(\.1).map(\.0)
        return given.isEmpty
            ? nil : "compute.\(name): not expressed: \(given.joined(separator: ", ")); the cluster's nodes decide"
    }
    return ((rest.isEmpty ? [] : ["not expressed: \(rest.joined(separator: ", "))"]) + limits)
        .map { "environments/\(environment.name).yml: \($0)" }
}

/// `text` as a name in Terraform: letters, digits, `_` and `-`, not starting with a digit or `-`. Source: Terraform,
/// "Syntax".
func terraformName(_ text: String) -> String {
    let name = String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") ? $0 : "_" })
    return name.first.map { $0.isLetter || $0 == "_" } == true ? name : "_" + name
}
