import Digests
import Git
import Home
import Plans
import Projects

extension WorkingTree {
    /// Plans a run that a person requested, on the files of the working tree.
    package func plan(_ name: String, steps: [String], environment: String?) throws -> Plan {
        let project = try project()
        guard var pipeline = project.pipeline(named: name) else {
            throw DaemonError.unknown("pipeline", name, known: project.pipelines.map(\.name))
        }
        let known = pipeline.steps.map(\.name)
        if let stranger = steps.first(where: { !known.contains($0) }) {
            throw DaemonError.unknown("step", stranger, known: known)
        }
        if !steps.isEmpty { pipeline = pipeline.limited(to: steps) }
        let chosen = environment ?? pipeline.triggers.environments.first ?? ""
        guard let environment = project.environment(named: chosen) else {
            throw DaemonError.unknown("environment", chosen, known: project.environments.map(\.name))
        }
        let repository = try Repository(at: folder)
        guard let tip = try repository.tip(of: "HEAD") else { throw DaemonError.refused("\(folder) has no commit yet") }
        let facts = CommitFacts(
            commit: tip, tree: try repository.commit(tip).tree, branch: repository.headBranch ?? "HEAD",
            project: project)
        return Plan(pipeline, in: environment, trigger: .local, facts, digest: sha256)
    }
}
