@testable import Firing
import Events
import Fixtures
import Foundation
import Git
import Home
import Logging
import Minding
import Plans
import Projects
import Promoting
import Reading
import Runs
import Schedules
import Store
import Synchronization

/// A clockwork with a store, a home and a real repository. The test sets its clock and takes its turns.
struct ClockRoom {
    /// 2026-11-25T09:46:40Z.
    static let start = Date(timeIntervalSince1970: 1_795_600_000)

    final class Clock: Sendable {
        let time = Mutex(ClockRoom.start)
    }

    let fixture: GitFixture
    let store: Store
    let project: StoredProject
    let clockwork: Clockwork
    let bells = Bells()
    private let clock = Clock()
    private let commit: ObjectID

    init() async throws {
        fixture = try GitFixture()
        let home = Home(fixture.folder.path + "/home")
        try home.prepare()
        store = try Store(path: home.database)
        let pushed = try fixture.push(
            "one",
            [
                "environments/dev.yml": "branches: [main]\nprotected: true\n",
                // Nobody listens there.
                "environments/prod.yml": """
                branches: ["release/**"]
                registry: { server: "http://127.0.0.1:9", model: risk, aliases: { incumbent: champion } }

                """,
                "pipelines/report.yml": "on: { push: { environment: dev } }\nsteps: { a: { run: x } }\n",
            ])
        guard let commit = ObjectID(pushed) else { throw POSIXError(.EINVAL) }
        self.commit = commit
        project = try await store.adopt(
            name: "clinic", repository: fixture.bare, url: nil, refs: [:], at: Self.start)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let registries = Registries(
            home: home, minders: Minders(program: "/nowhere"), python: "/nowhere", logger: logger)
        clockwork = try Clockwork(
            store: store, planner: RepositoryPlanner(home: home), registries: registries, logger: logger,
            bells: bells, now: { [clock] in clock.time.withLock { $0 } })
        await clockwork.add(project)
    }

    /// Set the clock (`10:00:01` means on the first day), and take a turn. Returns when to take the next.
    @discardableResult
    func turn(at time: String) async -> Date? {
        clock.time.withLock { $0 = moment(time) }
        return await clockwork.turn()
    }

    func moment(_ time: String) -> Date {
        (try? Date("2026-11-25T\(time)Z", strategy: .iso8601)) ?? .distantPast
    }

    /// Make schedules live with a release into an environment.
    func goLive(_ rules: [String: ScheduleRule], in environment: String = "dev") async throws {
        let run = try await store.request(
            try plan("release", environment, .push), project: project, at: Self.start)
        var end = FactWrite(run: run, facts: [Recorded(step: "a", fact: .ended(.passed), at: Self.start)])
        (end.outcome, end.schedules) = (.passed, rules.mapValues { ReleasedSchedule($0) })
        try await store.append([end])
        bells.schedules.schedulesChanged()
    }

    /// At each full hour.
    func hourly(_ environment: String = "dev", overlap: String = "queue", after: String? = nil) throws -> ScheduleRule {
        let after = after.map { #","after":["\#($0)"]"# } ?? ""
        return try JSONDecoder().decode(
            ScheduleRule.self,
            from: Data(
                """
                {"cron":"0 0 * * * ?","timezone":"UTC","environment":"\(environment)","misfire":"run-all",
                 "overlap":"\(overlap)","dst":"wall-once"\(after)}
                """.utf8))
    }

    /// Latest first.
    func fires(_ pipeline: String = "report") async throws -> [StoredFire] {
        try await store.fires(of: pipeline, project: project.id).values
    }

    /// Plan what a fire requested, and end its run.
    func end(_ fire: StoredFire, _ outcome: RunOutcome = .passed) async throws {
        guard let event = try await store.unhandledEvents().first(where: { $0.id == fire.event }) else {
            throw POSIXError(.ENOENT)
        }
        let trigger = Trigger.fire(
            id: fire.id, schedule: fire.pipeline, logicalTime: fire.logicalTime, backfill: nil)
        let planned = PlannedEvent(event, Planning(plans: [try plan(fire.pipeline, "dev", trigger)]))
        for run in try await store.handle([planned], at: Self.start) {
            let end: Outcome = outcome == .passed ? .passed : .failed(exitCode: 1)
            var write = FactWrite(run: run, facts: [Recorded(step: "a", fact: .ended(end), at: Self.start)])
            write.outcome = outcome
            try await store.append([write])
        }
    }

    private func plan(_ pipeline: String, _ environment: String, _ trigger: Trigger) throws -> Plan {
        let trigger = String(decoding: try JSONEncoder().encode(trigger), as: UTF8.self)
        return try JSONDecoder().decode(
            Plan.self,
            from: Data(
                """
                {"format":2,"project":"clinic","pipeline":"\(pipeline)","environment":"\(environment)","branch":"main",
                 "commit":"\(commit)","tree":"\(commit)","trigger":\(trigger),"configuration":"{}",
                 "configurationDigest":"d","notes":[],
                 "settings":{"env":{},"registry":{"server":"embedded"},"sandbox":"off","notify":[]},
                 "concurrency":{"supersede":"none"},
                 "steps":[{"name":"a","needs":[],"action":{"kind":"run","command":"true"},"inputs":[],"data":[],
                           "outputs":[],"env":{},"compute":{"timeout":10},"retriesWhenLost":1}]}
                """.utf8))
    }
}
