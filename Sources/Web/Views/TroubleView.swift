import Foundation
import Reports

/// A problem that blocks a project until a person fixes it.
struct TroubleView {
    let project: String
    let what: String
    let remedy: String
    let since: TimeMark

    init(_ trouble: TroubleReport, now: Date) {
        project = trouble.project ?? "daemon"
        what = trouble.what
        remedy = trouble.remedy
        since = TimeMark(trouble.since, now: now)
    }
}
