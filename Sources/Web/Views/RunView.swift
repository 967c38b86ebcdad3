import Foundation
import Reports

/// A run as a row of a table.
struct RunView {
    let id: Int64
    let project: String
    let environment: String
    let environmentHref: String
    let branch: String
    let branchHref: String
    let pipeline: String
    let commit: HashMark
    let outcome: StateMark
    let at: TimeMark
    let took: String?
    let isOver: Bool

    init(_ run: RunReport, now: Date) {
        id = run.id
        project = run.project
        environment = run.environment
        environmentHref = "/runs?environment=\(encoded(run.environment))"
        branch = run.branch
        branchHref = "/runs?branch=\(encoded(run.branch))"
        pipeline = run.pipeline
        commit = HashMark(run.commit)
        outcome = StateMark(run.outcome)
        at = TimeMark(run.startedAt ?? run.createdAt, now: now)
        isOver = run.isOver
        took =
            run.seconds.map(duration) ?? (run.isOver ? nil : run.startedAt.map { duration(now.timeIntervalSince($0)) })
    }
}
