import Events
import Projects
import Promoting
import Reading
import Registry
import Store

/// The current champions for schedules, by the ledger. Asks a registry once per turn for all schedules of a model.
actor Champions {
    private let planner: RepositoryPlanner
    private let registries: Registries
    private let store: Store
    private var projects: [Int64: StoredProject] = [:]
    private var files: [[String]: Project] = [:]
    private var known: [ChampionPlace: PinnedVersion?] = [:]

    init(planner: RepositoryPlanner, registries: Registries, store: Store) {
        self.store = store
        self.planner = planner
        self.registries = registries
    }

    func add(_ project: StoredProject) { projects[project.id] = project }

    func forget() {
        files = [:]
        known = [:]
    }

    func champion(for schedule: StoredSchedule) async throws -> PinnedVersion? {
        guard let settings = try files(of: schedule)?.registry(of: schedule),
            let place = ChampionPlace(settings, project: schedule.project, environment: schedule.rule.environment)
        else { return nil }
        if let answer = known[place] { return answer }
        let finder = ChampionFinder(registry: try await registries.registry(settings), store: store)
        let pinned = try await finder.served(in: place).map { PinnedVersion(model: place.model, version: $0) }
        known[place] = pinned
        return pinned
    }

    private func files(of schedule: StoredSchedule) throws -> Project? {
        guard let project = projects[schedule.project] else { return nil }
        let key = ["\(project.id)", schedule.commit.description, schedule.branch]
        if let read = files[key] { return read }
        let read = try planner.files(at: schedule.commit, branch: schedule.branch, in: project)
        files[key] = read
        return read
    }
}

extension Project {
    /// The registry of a schedule's environment, set to the model that the schedule uses.
    package func registry(of schedule: StoredSchedule) -> RegistrySettings? {
        environment(named: schedule.rule.environment)?.serving(pipeline(named: schedule.pipeline)?.model).registry
    }
}
