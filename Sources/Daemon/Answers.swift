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
    func models() async throws -> [ModelReport] { try await reporter.models() }
    func decisions() async throws -> [DecisionReport] { try await reporter.decisions() }
    func schedules() async throws -> [ScheduleReport] { try await reporter.schedules() }
}

/// What a person who has just pushed reads in the terminal.
struct PushAnswer {
    let store: Store
    let reporter: Reporter

    func text(_ names: [String], project: StoredProject, since: Date) async throws -> String {
        var lines: [String] = []
        let address = reporter.runningAddress() ?? ""
        for handled in try await store.events(limit: 100) where handled.event.project == project.id {
            guard names.contains(handled.event.event.ref ?? "") else { continue }
            guard handled.event.at >= since.addingTimeInterval(-5) else { break }
            if let remark = handled.planning?.remark { lines.append("espalier: \(remark)") }
            for run in try await store.runs(ofEvent: handled.event.id) {
                lines.append(
                    "espalier: run \(run.id), \(run.plan.pipeline) in \(run.plan.environment): \(address)runs/\(run.id)"
                )
                lines += run.plan.notes.map { "espalier: note: \($0)" }
            }
            if case .proposal(let proposal) = handled.event.event, proposal.head != nil {
                let change = try await store.openChanges().last {
                    $0.key == proposal.key && $0.target == proposal.target
                }
                if let change {
                    lines.append(
                        "espalier: change \(change.number) for \(change.target): `espalier changes` tells how it fares")
                }
            }
            lines = lines.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

extension Event {
    /// The ref that the event came from.
    var ref: String? {
        switch self {
        case .push(let move): move.ref
        case .proposal(let proposal): ProposalRef(key: proposal.key, target: proposal.target).name
        case .checks, .fire: nil
        }
    }
}
