import Digests
import Events
import Foundation
import Git
import Plans
import Projects
import Store

/// Finds out what an event starts: reads at the edge, then lets the pure planner decide.
struct EventPlanner: Sendable {
    let store: Store
    let home: Home

    /// What an event starts, with what the store knows of others before it.
    func planning(for event: StoredEvent, of project: StoredProject) async throws -> Planning {
        let starts = try await driftStarts(before: event, of: project)
        return try planning(for: event.event, of: project, driftStarts: starts)
    }

    /// What drift has started lately, where it is drift that asks.
    private func driftStarts(before event: StoredEvent, of project: StoredProject) async throws -> DriftStarts {
        guard let report = event.event.as(DriftReport.self) else { return DriftStarts() }
        // Longer than anybody's window.
        return try await store.driftStarts(
            in: report.environment, project: project.id, since: event.at.addingTimeInterval(-400 * 86_400),
            now: event.at)
    }

    /// What the event starts; a commit that is wrong or gone starts nothing, and the remark says why. A repository that
    /// cannot be read is no answer: the volume may not be mounted yet.
    func planning(for event: Event, of project: StoredProject, driftStarts: DriftStarts = DriftStarts()) throws
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

    /// Open, renew or withdraw the change that is proposed; with that, the event is handled.
    func open(_ proposal: Proposal, _ event: StoredEvent, _ project: StoredProject) async throws {
        let repository = try Repository(at: project.repository)
        let commit = proposal.head.flatMap { head in try? repository.commit(head) }
        let author = commit.map { "\($0.author) <\($0.email)>" } ?? ""
        var origin: ChangeOrigin?
        if project.url != nil, let number = PullRef.number(ofKey: proposal.key) {
            origin = try await store.pull(number, of: project.id)
        }
        let known = Proposal(key: proposal.key, target: proposal.target, head: proposal.head, origin: origin)
        try await store.propose(
            known, from: event, author: author, title: origin?.title ?? commit?.summary ?? "", at: Date())
    }
}

extension EventPlanner {
    /// The schedules that a run's commit declares for the run's environment, by pipeline.
    func schedules(of plan: Plan, in project: StoredProject) throws -> [String: ScheduleRule] {
        let repository = try Repository(at: project.repository)
        let reader = ProjectReader(repository: repository, home: home, fallbackName: project.name)
        // Most projects' runs end without a schedule anywhere: what is known of the files says so without reading them as a
        // project.
        let sources = try reader.sources(at: plan.commit)
        guard sources.pipelines.values.contains(where: { $0["on"]?["schedule"] != nil }) else { return [:] }
        return try reader.project(at: plan.commit, branch: plan.branch).schedules(in: plan.environment)
    }
}

extension Project {
    /// By pipeline.
    func schedules(in environment: String) -> [String: ScheduleRule] {
        pipelines.reduce(into: [:]) { rules, pipeline in
            guard let rule = pipeline.triggers.schedule, rule.environment == environment else { return }
            rules[pipeline.name] = rule
        }
    }
}

extension EventPlanner {
    /// What the files say at a schedule's commit.
    func files(of schedule: StoredSchedule, in project: StoredProject) throws -> Project {
        let repository = try Repository(at: project.repository)
        let reader = ProjectReader(repository: repository, home: home, fallbackName: project.name)
        return try reader.project(at: schedule.commit, branch: schedule.branch)
    }
}

extension Project {
    /// The registry of a schedule's environment, and the model there that the schedule is about.
    func registry(of schedule: StoredSchedule) -> RegistrySettings? {
        environment(named: schedule.rule.environment)?.serving(pipeline(named: schedule.pipeline)?.model).registry
    }
}
