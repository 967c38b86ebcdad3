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
        let code = Dependency(
            name: "code", digest: ["gitCommit": plan.commit.description, "gitTree": plan.tree.description])
        let data = progress.datasets.sorted { $0.key < $1.key }.map { name, version in
            let parts = version.split(separator: ":", maxSplits: 1).map(String.init)
            return Dependency(
                name: "dataset \(name)",
                digest: parts.count == 2 ? [parts[0]: parts[1]] : ["version": version])
        }
        buildDefinition = Definition(
            buildType: "https://espalier.dev/run/v1",
            externalParameters: [
                "project": plan.project, "pipeline": plan.pipeline, "environment": plan.environment,
                "branch": plan.branch, "model": name,
            ],
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
}
