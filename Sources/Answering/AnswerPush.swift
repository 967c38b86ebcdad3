import Changes
import Events
import Foundation
import Plans
import Projects
import Runs
import Store

/// What a person sees in the terminal after a push.
package struct PushAnswer {
    let store: any StoreReading
    let address: String

    package init(store: any StoreReading, address: String) {
        self.store = store
        self.address = address
    }

    /// - Parameter pushed: ref → its new commit, absent if the ref was deleted.
    package func text(_ pushed: [String: ObjectID?], project: StoredProject, since: Date) async throws -> String {
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
