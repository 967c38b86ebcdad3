import Foundation
import Projects
import Runs
import Schedules

extension StoreReading {
    /// Whether a fire that depends on other schedules may start.
    ///
    /// - Parameter live: all live schedules, at least those of its project.
    public func readiness(of fire: StoredFire, _ schedule: StoredSchedule, among live: [StoredSchedule]) async throws
        -> Readiness
    {
        var dependencies: [(name: String, moment: Date?, state: FireState)] = []
        for name in schedule.rule.dependencies {
            guard let other = live.first(where: { $0.project == fire.project && $0.pipeline == name }) else {
                dependencies.append((name, nil, .notLive))
                continue
            }
            let moment = other.rule.lastMoment(through: fire.logicalTime)
            dependencies.append((name, moment, try await state(of: other, at: moment)))
        }
        return Schedules.readiness(after: dependencies)
    }

    private func state(of schedule: StoredSchedule, at moment: Date?) async throws -> FireState {
        guard let moment else { return .neverDue }
        guard let fire = try await fire(of: schedule.pipeline, at: moment, project: schedule.project) else {
            // Read it again: the value in `schedule` can be older than its latest decision.
            return try await moment > decidedThrough(schedule) ? .undecided : .unrecorded
        }
        switch fire.state {
        case .waiting: return .waiting
        case .skipped(let reason): return .skipped(reason.description)
        case .fired:
            guard let run = try await lastRun(of: fire) else { return .running(nil) }
            guard let outcome = run.outcome else { return .running(run.id) }
            return outcome == .passed ? .passed : .ended(run: run.id, as: outcome.rawValue)
        }
    }
}
