import Events
import Executing
import Foundation
import Git
import Home
import Minding
import Plans
import Projects
import Promoting
import Reading
import Registry
import Reports
import Runs
import Store

/// Answers the questions of people and programs from the store. Works with and without a running daemon.
public struct Reporter: Sendable {
    public let home: Home
    let store: any StoreReading

    /// Opens the home's store.
    public init(home: Home) throws {
        guard FileManager.default.fileExists(atPath: home.database) else {
            throw DaemonError.unusable(
                "\(home.path) holds no Espalier yet: start the daemon with `espalier serve`, or adopt "
                    + "a repository with `espalier adopt`; another folder is chosen with --home or ESPALIER_HOME")
        }
        self.home = home
        store = try StoreReader(path: home.database)
    }

    package init(home: Home, store: any StoreReading) {
        self.home = home
        self.store = store
    }

    public func status() async throws -> StatusReport {
        let unended = try await store.unendedRuns()
        let names = try await projectNames()
        let reports = unended.map { report($0, names) }
        let remarks = try await store.events(limit: 50).compactMap { handled in
            handled.planning?.remark.map { "\(handled.event.event.body.subject): \($0)" }
        }
        return StatusReport(
            address: runningAddress(), home: home.path,
            projects: try await store.projects().map {
                .init(name: $0.name, repository: $0.repository, url: $0.url.map(redacted))
            },
            running: reports.filter { $0.outcome == "running" }, queued: reports.filter { $0.outcome == "queued" },
            remarks: Array(remarks.prefix(10)), undelivered: try await undelivered(),
            troubles: try await store.troubles().map(TroubleReport.init))
    }

    /// The address of the pages if a daemon holds the lock, else `nil`.
    package func runningAddress() -> String? {
        guard HomeLock.isHeld(home) else { return nil }
        return (try? String(contentsOfFile: home.address, encoding: .utf8))?.trimmingCharacters(
            in: .whitespacesAndNewlines)
    }

    public func runs(branch: String? = nil, environment: String? = nil, before: Int64? = nil, limit: Int = 50)
        async throws -> [RunReport]
    {
        try await store.runRows(branch: branch, environment: environment, before: before, limit: limit).map(report)
    }

    public func run(_ id: Int64) async throws -> RunDetail? {
        let run: StoredRun
        do {
            run = try await store.run(id)
        } catch StoreError.noRun {
            return nil
        }
        let progress = run.progress
        let names = try await projectNames()
        var model = run.plan.steps.compactMap { progress[$0.name].registered }.last
        if let pinned = try await store.pinned(for: run.plan.trigger) { model = pinned.uri }
        var detail = RunDetail(
            run: report(run, names), tree: run.plan.tree.description, trigger: run.plan.trigger.description,
            logicalTime: run.plan.trigger.logicalTime, model: model, configuration: run.plan.configuration,
            configurationDigest: run.plan.configurationDigest, datasets: progress.datasets, notes: run.plan.notes,
            steps: run.plan.steps.map { report($0, progress[$0.name]) })
        detail.failureLog = home.failureLog(of: id, progress)
        detail.monitors = try await store.monitorReports(ofRun: id).compactMap { found in
            var report = MonitorReport.read(Data(found.body.utf8)).report
            report?.step = found.step
            return report
        }
        detail.infrastructure = try await store.infrastructure(ofRun: id).map(InfrastructureReport.init)
        return detail
    }

    /// A part of the log of a step's last attempt.
    public func log(run: Int64, step: String, from offset: Int64, limit: Int) async throws -> (
        bytes: [UInt8], next: Int64, isOver: Bool
    )? {
        guard let found = try await store.stepProgress(run: run, step: step) else { return nil }
        let over = found.hasEnded
        let folder = home.folder(of: Attempt(run: run, step: step, number: found.lastAttempt))
        let bytes: [UInt8]
        do {
            bytes = try readPart(ofLeftFile: "log", in: folder.path, from: Int(max(0, offset)), count: limit)
        } catch {
            if case .missing = error { return ([], offset, over) }
            throw error
        }
        return (bytes, offset + Int64(bytes.count), over && bytes.count < limit)
    }

    /// The versions of every model in planned runs, from the registries themselves.
    ///
    /// - Throws: if no registry answers.
    public func models() async throws -> [ModelReport] {
        let (reports, troubles) = try await modelsAndTroubles()
        if reports.isEmpty, let trouble = troubles.first { throw DaemonError.unusable(trouble) }
        return reports
    }

    /// Like `models`, with one sentence for each registry that does not answer.
    public func modelsAndTroubles() async throws -> (models: [ModelReport], troubles: [String]) {
        var reports: [ModelReport] = []
        var troubles: [String] = []
        let ledger = try await store.lastMoves()
        let named = RepositoryPlanner(home: home).registryServers(of: try await store.projects())
        for settings in try await store.registriesInUse() {
            guard let model = settings.model, let registry = registry(settings, named) else { continue }
            let versions: [ModelVersion]
            do {
                versions = try await registry.versions(of: model)
            } catch {
                troubles.append("the versions of \(model) are not known: \(error)")
                continue
            }
            let moves = ledger.filter { $0.move.model == model }
            let found = versions.map {
                var report = ModelReport(
                    name: $0.name, version: $0.version, aliases: $0.aliases, stage: $0.stage, tags: $0.tags)
                report.remark = report.difference(from: moves)
                return report
            }
            reports += ModelReport.gone(moves, known: found) + found
        }
        return (reports, troubles)
    }

    /// `nil` if no daemon has started the embedded server yet, or this user may not know where.
    private func registry(_ settings: RegistrySettings, _ named: Set<String>) -> MLflow? {
        switch settings.server {
        case .url(let url): MLflow(url: url, token: MLflow.isSame(url, asOneOf: named) ? trackingToken() : nil)
        case .embedded: DoorAddress.read(from: home).map { MLflow(url: $0.url, token: $0.key) }
        }
    }

    /// If the registry is down, the board still loads, without models.
    public func board() async throws -> BoardReport {
        let models = (try? await models()) ?? []
        let rows = try await store.latestRuns().map { row in
            BoardReport.Row(
                environment: row.environment, branch: row.branch, commit: row.commit, run: report(row),
                model: models.first { $0.tags["espalier.run"] == String(row.id) }.map(\.label))
        }
        return BoardReport(
            rows: rows, changes: try await changes(limit: 20), schedules: try await schedules(soonest: 20, fires: 1),
            decisions: Array(try await decisions().suffix(10).reversed()))
    }

    func projectNames() async throws -> [Int64: String] {
        try await store.projects().reduce(into: [:]) { $0[$1.id] = $1.name }
    }

    package func report(_ row: RunRow) -> RunReport {
        RunReport(
            id: row.id, project: row.project, environment: row.environment, branch: row.branch,
            pipeline: row.pipeline, commit: row.commit,
            outcome: row.outcome?.rawValue ?? (row.startedAt == nil ? "queued" : "running"),
            createdAt: row.createdAt, startedAt: row.startedAt, endedAt: row.endedAt)
    }

    private func report(_ run: StoredRun, _ names: [Int64: String]) -> RunReport {
        let progress = run.progress
        return RunReport(
            id: run.id, project: names[run.project] ?? "", environment: run.plan.environment,
            branch: run.plan.branch, pipeline: run.plan.pipeline, commit: run.plan.commit.description,
            outcome: run.outcome?.rawValue ?? (progress.hasStarted ? "running" : "queued"), createdAt: run.createdAt,
            startedAt: progress.startedAt, endedAt: run.outcome == nil ? nil : progress.endedAt)
    }

    private func report(_ step: PlannedStep, _ progress: StepProgress) -> StepReport {
        StepReport(
            name: step.name, state: progress.state.word, detail: progress.state.detail, needs: step.needs,
            attempts: progress.attempts, startedAt: progress.startedAt, endedAt: progress.endedAt,
            values: progress.values)
    }
}

extension ModelReport {
    package var label: String {
        "\(name) \(version)" + (aliases.isEmpty ? "" : " (\(aliases.joined(separator: ", ")))")
    }
}
