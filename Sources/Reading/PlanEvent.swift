import Digests
import Events
import Foundation
import Git
import Home
import Plans
import Projects

/// Determines what an event starts: reads the project, then calls the pure planner.
package struct RepositoryPlanner: Sendable {
    let home: Home

    package init(home: Home) { self.home = home }

    /// What the event starts. If the commit is invalid or gone, nothing starts and the remark says why. Throws if the
    /// repository cannot be read: its volume may not be mounted yet.
    package func planning(for event: Event, of project: StoredProject, driftStarts: DriftStarts = DriftStarts()) throws
        -> Planning
    {
        let repository = try Repository(at: project.repository)
        do {
            return try plan(event, driftStarts, in: repository, name: project.name)
        } catch let problems as Problems {
            return Planning(remark: problems.description)
        } catch let error as GitError where error.isMissing {
            return Planning(
                remark: "the commit is gone: its branch was deleted or rewritten before it could be planned")
        }
    }

    private func plan(_ event: Event, _ driftStarts: DriftStarts, in repository: Repository, name: String) throws
        -> Planning
    {
        let reader = ProjectReader(repository: repository, home: home, fallbackName: name)
        switch event.body.code {
        case .none(let remark): return Planning(remark: remark)
        case .commit(let commit, let branch, let base, let pipeline):
            var facts = try reader.facts(at: commit, branch: branch, base: base, pipeline: pipeline)
            facts.driftStarts = driftStarts
            return Plans.plan(event, at: facts, digest: sha256)
        }
    }
}

extension RepositoryPlanner {
    /// The schedules that a run's commit declares for the run's environment, by pipeline.
    package func schedules(of plan: Plan, in project: StoredProject) throws -> [String: ReleasedSchedule] {
        let reader = try reader(project)
        // Most projects have no schedules. The parsed files show that, without reading them as a project.
        let sources = try reader.sources(at: plan.commit)
        guard sources.pipelines.values.contains(where: { $0["on"]?["schedule"] != nil }) else { return [:] }
        return try reader.project(at: plan.commit, branch: plan.branch).schedules(in: plan.environment)
    }
}

extension Project {
    /// The schedules by pipeline.
    package func schedules(in environment: String) -> [String: ReleasedSchedule] {
        let served = self.environment(named: environment)
        return pipelines.reduce(into: [:]) { schedules, pipeline in
            guard let rule = pipeline.triggers.schedule, rule.environment == environment else { return }
            schedules[pipeline.name] = ReleasedSchedule(rule, model: served?.serving(pipeline).registry.model)
        }
    }
}

extension RepositoryPlanner {
    /// The contents of a project's files at a commit on a branch.
    package func files(at commit: ObjectID, branch: String, in project: StoredProject) throws -> Project {
        try reader(project).project(at: commit, branch: branch)
    }

    /// The project at the tip of its default branch; `nil` if there is none.
    package func trustedProject(in project: StoredProject) throws -> Project? { try reader(project).trustedProject() }

    private func reader(_ project: StoredProject) throws -> ProjectReader {
        ProjectReader(repository: try Repository(at: project.repository), home: home, fallbackName: project.name)
    }
}
