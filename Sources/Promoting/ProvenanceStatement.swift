import Events
import Foundation
import Plans
import Runs

/// The provenance of a version. Source: in-toto.io/Statement/v1, slsa.dev/provenance/v1.
struct ProvenanceStatement: Codable {
    struct Subject: Codable {
        let name: String
        let digest: [String: String]
    }

    struct Predicate: Codable {
        struct Definition: Codable {
            let buildType: String
            let externalParameters: [String: String]
            let internalParameters: Parameters
            let resolvedDependencies: [Dependency]
        }

        struct Parameters: Codable {
            struct Step: Codable {
                let name: String
                let attempts: Int
                /// One digest of everything that the step read, if the step declares what it reads.
                let key: String?
            }

            let configurationSha256: String
            let steps: [Step]
        }

        struct Dependency: Codable {
            let name: String
            let digest: [String: String]
        }

        struct Details: Codable {
            let builder: [String: String]
            let metadata: [String: String]
        }

        let buildDefinition: Definition
        let runDetails: Details
    }

    var _type = "https://in-toto.io/Statement/v1"
    let subject: [Subject]
    var predicateType = "https://slsa.dev/provenance/v1"
    let predicate: Predicate
}

extension ProvenanceStatement.Predicate {
    init(_ name: String, by step: PlannedStep, of run: StoredRun, _ progress: RunProgress) {
        let plan = run.plan
        let code = Self.code(of: plan)
        let data = progress.datasets.sorted { $0.key < $1.key }.map { name, version in
            let parts = version.split(separator: ":", maxSplits: 1).map(String.init)
            return Dependency(
                name: "dataset \(name)",
                digest: parts.count == 2 ? [parts[0]: parts[1]] : ["version": version])
        }
        buildDefinition = Definition(
            buildType: "https://espalier.dev/run/v1",
            externalParameters: Self.parameters(of: name, plan),
            internalParameters: .init(
                configurationSha256: plan.configurationDigest,
                steps: plan.upstream(of: step).map {
                    .init(name: $0.name, attempts: progress[$0.name].attempts, key: $0.reuse?.key?.digest)
                }),
            resolvedDependencies: [code] + data)
        runDetails = Details(
            builder: ["id": "https://espalier.dev/daemon"],
            metadata: ["invocationId": "run \(run.id)", "startedOn": run.createdAt.formatted(.iso8601)])
    }

    private static func parameters(of name: String, _ plan: Plan) -> [String: String] {
        [
            "project": plan.project, "pipeline": plan.pipeline, "environment": plan.environment,
            "branch": plan.branch, "model": name,
        ]
    }

    private static func code(of plan: Plan) -> Dependency {
        Dependency(name: "code", digest: ["gitCommit": plan.commit.description, "gitTree": plan.tree.description])
    }

    /// What it says otherwise than a run with this plan would say about a model of that name; `nil` if nothing.
    func difference(from name: String, _ plan: Plan) -> String? {
        let found = buildDefinition.externalParameters
        for (key, value) in Self.parameters(of: name, plan).sorted(by: { $0.key < $1.key }) where found[key] != value {
            return "its \(key) is \(found[key] ?? "not said"), not \(value)"
        }
        let code = buildDefinition.resolvedDependencies.first { $0.name == "code" }
        let commit = code?.digest["gitCommit"]
        if commit != plan.commit.description { return "its commit is \(commit ?? "not said"), not \(plan.commit)" }
        return code?.digest["gitTree"] == plan.tree.description ? nil : "its tree is not that of \(plan.commit)"
    }
}
