import Foundation
import Reports

/// A live schedule.
struct ScheduleView {
    /// A fire that was stored.
    struct Fire {
        let logicalTime: TimeMark
        let state: StateMark
        let pinned: String?
        let run: Int64?
        /// Why it waits or was skipped, and how many missed fires it replaces.
        let remark: String?

        init(_ fire: FireReport, now: Date) {
            logicalTime = TimeMark(fire.logicalTime, now: now)
            state = StateMark(fire.outcome ?? fire.state)
            pinned = fire.model.map { model in "\(model) \(fire.version ?? "")" }
            run = fire.run
            let before = fire.missed > 0 ? "stands for \(fire.missed) missed before it" : nil
            let parts = [fire.reason, before].compactMap(\.self)
            remark = parts.isEmpty ? nil : parts.joined(separator: "; ")
        }
    }

    let name: String
    let project: String
    let environment: String
    let cron: String
    let timezone: String
    let policies: String
    let paused: String?
    let commit: HashMark
    let run: Int64
    let liveSince: TimeMark
    let next: TimeMark?
    let lastFire: Fire?
    let fires: [Fire]

    init(_ schedule: ScheduleReport, now: Date) {
        name = schedule.name
        project = schedule.project
        environment = schedule.environment
        cron = schedule.cron
        timezone = schedule.timezone
        policies = schedule.policies.joined(separator: ", ")
        paused = schedule.paused.map { "paused by \($0.who): \($0.reason)" }
        commit = HashMark(schedule.commit)
        run = schedule.run
        liveSince = TimeMark(schedule.liveSince, now: now)
        next = schedule.next.map { TimeMark($0, now: now) }
        fires = schedule.fires.sorted { $0.logicalTime > $1.logicalTime }.map { Fire($0, now: now) }
        lastFire = fires.first
    }
}
