import Answering
import Foundation
import Reports
import Web

/// Passes the reporter's answers to the pages.
struct PageAnswers: Answers {
    let reporter: Reporter

    func status() async throws -> StatusReport { try await reporter.status() }
    func board() async throws -> BoardReport { try await reporter.board() }
    func runs(branch: String?, environment: String?, before: Int64?, limit: Int) async throws -> [RunReport] {
        try await reporter.runs(branch: branch, environment: environment, before: before, limit: limit)
    }
    func run(_ id: Int64) async throws -> RunDetail? { try await reporter.run(id) }
    func log(run: Int64, step: String, from offset: Int64, limit: Int) async throws -> LogPart? {
        try await reporter.log(run: run, step: step, from: offset, limit: limit)
            .map { LogPart(bytes: $0.bytes, nextOffset: $0.next, isOver: $0.isOver) }
    }
    func changes() async throws -> [ChangeReport] { try await reporter.changes() }
    func change(_ number: Int64) async throws -> ChangeDetail? { try await reporter.change(number) }
    func models() async throws -> [ModelReport] { try await reporter.models() }
    func decisions() async throws -> [DecisionReport] { try await reporter.decisions() }
    func schedules() async throws -> [ScheduleReport] { try await reporter.schedules() }
    func backfills() async throws -> [BackfillReport] { try await reporter.backfills() }
}
