import Foundation
import Notices
import Projects
import Reports
import Store

extension Reporter {
    /// The latest messages to people, newest first.
    public func notices(limit: Int = 50) async throws -> [NoticeReport] {
        let names = try await projectNames()
        return try await store.notices(limit: limit).map { NoticeReport($0, project: names[$0.lane.project] ?? "") }
    }

    /// Messages that did not reach somebody, newest first: those given up within the last week, and those that wait
    /// after a failed attempt.
    package func undelivered() async throws -> [NoticeReport] {
        let names = try await projectNames()
        return try await store.notices(limit: 20, troubledSince: Date().addingTimeInterval(-7 * 86_400)).map {
            NoticeReport($0, project: names[$0.lane.project] ?? "")
        }
    }
}

extension NoticeReport {
    init(_ stored: StoredNotice, project: String) {
        let (state, sentAt, nextAt): (String, Date?, Date?) =
            switch stored.state {
            case .waiting(let time): ("waiting", nil, time)
            case .sent(let time): ("sent", time, nil)
            case .undelivered: ("undelivered", nil, nil)
            case .replaced: ("replaced", nil, nil)
            }
        self.init(
            id: stored.id, key: stored.key, project: project, environment: stored.lane.environment,
            channel: stored.lane.channel, recipient: stored.recipient.isEmpty ? nil : stored.recipient,
            kind: stored.notice.kind.rawValue, title: stored.notice.title, run: stored.notice.run,
            count: stored.notice.count, at: stored.notice.at, state: state, sentAt: sentAt, nextAt: nextAt,
            attempts: stored.attempts, trouble: stored.trouble)
    }
}

extension TroubleReport {
    package init(_ trouble: Trouble) {
        self.init(
            kind: trouble.place.kind.rawValue, project: trouble.place.project,
            part: trouble.place.part.isEmpty ? nil : trouble.place.part, since: trouble.since, what: trouble.what,
            remedy: trouble.remedy)
    }
}
