import Changes
import Events
import Foundation
import Plans
import Reports
import Store
import Web

/// The reporter's answers, for pages.
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

/// What a person who has just pushed reads in the terminal.
struct PushAnswer {
    let store: Store
    let address: String

    /// - Parameter pushed: ref → its new commit, absent where it was deleted.
    func text(_ pushed: [String: ObjectID?], project: StoredProject, since: Date) async throws -> String {
        var lines: [String] = []
        let names = pushed.map { ref, tip in tip?.description ?? ref }
        for handled in try await store.events(of: project.id, since: since.addingTimeInterval(-60), about: names) {
            guard let move = handled.event.event.body.move, let tip = pushed[move.ref], tip == move.to else { continue }
            if let remark = handled.planning?.remark { lines.append("espalier: \(remark)") }
            for run in try await store.runs(ofEvent: handled.event.id) {
                lines.append(
                    "espalier: run \(run.id), \(run.plan.pipeline) in \(run.plan.environment): \(address)runs/\(run.id)"
                )
                lines += run.plan.notes.map { "espalier: note: \($0)" }
            }
            if let proposal = handled.event.event.as(Proposal.self), proposal.head != nil {
                let change = try await store.latestChange(
                    key: proposal.key, target: proposal.target, project: project.id)
                if let change {
                    lines.append(
                        "espalier: change \(change.number) for \(change.target): `espalier changes` tells how it fares")
                }
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
