import Changes
import Events
import Foundation
import Gating
import Plans
import Projects
import Reports
import Store
import Terraform

extension Reporter {
    /// The latest changes, newest first.
    public func changes(limit: Int = 50) async throws -> [ChangeReport] {
        try await reports(of: try await store.changes(limit: limit).values)
    }

    /// `nil` if there is no such change.
    public func change(_ number: Int64) async throws -> ChangeDetail? {
        guard let change = try await store.change(number), let report = try await reports(of: [change]).first else {
            return nil
        }
        var told = Change(number: change.number, project: change.project, key: change.key, target: change.target)
        let history = try await store.facts(ofChange: number).map { entry in
            told.apply(entry.fact)
            return ChangeDetail.Moment(at: entry.at, sentence: sentence(entry.fact, told))
        }
        var infrastructure: [InfrastructureReport] = []
        if let event = change.events.last, let checks = try await store.runs(ofEvents: [event])[event] {
            for run in checks.runs {
                infrastructure += try await store.infrastructure(ofRun: run.id).map(InfrastructureReport.init)
            }
        }
        return ChangeDetail(change: report, history: history, infrastructure: infrastructure)
    }

    private func sentence(_ fact: ChangeFact, _ change: Change) -> String {
        switch fact {
        case .proposed(let head, _, _, _): "proposed with \(head.short)"
        case .approved(let name): "approved by \(name)"
        default: "\(change.state.word): \(change.state.reason)"
        }
    }

    private func reports(of changes: [Change]) async throws -> [ChangeReport] {
        let names = try await projectNames()
        let runs = try await store.runs(ofEvents: Set(changes.flatMap(\.events)))
        let open = try await store.openChanges().values
        let waits = try await waits(of: changes, among: open)
        var ranks: [GateTarget: [Int64]] = [:]
        for change in open {
            if let rank = change.rank {
                ranks[GateTarget(change), default: []].append(rank)
            }
        }
        return changes.map { change in
            let queue = ranks[GateTarget(change)]
            return ChangeReport(
                id: change.number, project: names[change.project] ?? "", target: change.target, topic: change.key,
                head: change.head?.description ?? "", author: change.author, title: change.title,
                outcome: change.state.word, reason: waits[change.number] ?? change.state.reason,
                runs: change.events.flatMap { runs[$0]?.runs.map(\.id) ?? [] },
                position: change.rank.flatMap { mine in queue.map { $0.filter { $0 <= mine }.count } },
                approvedBy: change.approvedBy.sorted(), url: change.origin?.url)
        }
    }

    /// What each otherwise ready change waits for, by number: an approval, or a change that it contains.
    private func waits(of changes: [Change], among open: [Change]) async throws -> [Int64: String] {
        let held = changes.filter { change in
            switch change.state {
            case .ready: true
            case .proposed: change.isFork
            default: false
            }
        }
        guard !held.isEmpty else { return [:] }
        let projects = try await store.projects()
        var waits: [Int64: String] = [:]
        var reading = GateReading(store: store, home: home)
        for target in Set(held.map(GateTarget.init)) {
            guard let project = projects.first(where: { $0.id == target.project }) else { continue }
            let mine = open.filter { GateTarget($0) == target }
            // An unreadable repository must not hide the changes.
            guard let view = try? await reading.view(of: target, project, mine, window: nil, slots: 1, landed: [])
            else {
                continue
            }
            for change in held where GateTarget(change) == target { waits[change.number] = change.waitsFor(view) }
        }
        return waits
    }

    /// The latest actions, newest first.
    public func audit() async throws -> [AuditReport] {
        let names = try await projectNames()
        return try await store.audit().map { entry in
            AuditReport(at: entry.at, project: names[entry.project] ?? "", who: entry.who, deed: entry.deed.sentence)
        }
    }
}

extension InfrastructureReport {
    init(_ stored: StoredInfrastructure) {
        self.init(
            run: stored.run, step: stored.step, environment: stored.environment, place: stored.record.place,
            summary: InfrastructurePlan(json: stored.record.body)?.summary ?? "made by another version of Espalier",
            text: stored.record.text)
    }
}

extension Deed {
    package var sentence: String {
        switch self {
        case .bypassed(let branch, let reason): "let one push into \(branch), which is gated: \(reason)"
        case .pushed(let branch, let from, let to):
            "\(branch) was moved past its gate from \(from?.short ?? "nothing") to \(to?.short ?? "nothing")"
        case .approved(let change): "approved change \(change)"
        case .withdrew(let change): "withdrew change \(change)"
        case .approvedDecision(let decision): "approved decision \(decision)"
        case .paused(let schedule, let reason): "paused schedule \(schedule): \(reason)"
        case .resumed(let schedule): "resumed schedule \(schedule)"
        case .backfilled(let schedule, let number, let moments):
            "asked for backfill \(number) of \(schedule): \(moments) moments"
        case .cancelledBackfill(let number): "cancelled backfill \(number)"
        case .acceptedVersion(let model, let version, let reason): "accepted \(model) \(version) as champion: \(reason)"
        case .askedForRollback(let model, let version, let reason): "asked for \(model) \(version) back: \(reason)"
        }
    }
}
