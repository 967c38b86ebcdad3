import Changes
import Events
import Foundation
import Gating
import Git
import Home
import Projects
import Store

/// Requests of people about changes.
extension Daemon {
    func approve(change number: Int64, by name: String) async throws -> String {
        try await gate.wish(.approved(by: name), of: number)
        try await note(.approved(change: number), by: name, change: number)
        return "change \(number) is approved by \(name)"
    }

    func withdraw(change number: Int64, by name: String) async throws -> String {
        try await gate.wish(.withdrawn, of: number)
        try await note(.withdrew(change: number), by: name, change: number)
        return "change \(number) is withdrawn"
    }

    private func note(_ deed: Deed, by name: String, change number: Int64) async throws {
        guard let change = try await store.change(number) else { return }
        try await store.note(deed, by: name, project: change.project, at: Date())
    }

    /// Proposes a refused head again that was pushed unchanged, so that it is checked again.
    func propose(_ again: [String: ObjectID], _ project: StoredProject) async throws {
        for (ref, tip) in again {
            guard let proposal = ProposalRef(ref),
                let change = try await store.latestChange(
                    key: proposal.key, target: proposal.target, project: project.id),
                change.state.isSettled, !change.state.isClosed, change.head == tip
            else { continue }
            let proposed = Proposal(key: proposal.key, target: proposal.target, head: tip)
            _ = try await store.store(.proposal(proposed), project: project.id, at: Date())
            bells.turn.ring()
        }
    }

    /// Opens a change for a branch that already exists in the repository.
    func openChange(of branch: String, into target: String, topic: String?, project name: String?) async throws
        -> String
    {
        let project = try await store.project(named: name)
        let repository = try Repository(at: project.repository)
        guard let head = try repository.tip(of: "refs/heads/\(branch)") else {
            throw DaemonError.refused("there is no branch '\(branch)' in \(project.name)")
        }
        guard try repository.tip(of: "refs/heads/\(target)") != nil else {
            throw DaemonError.refused("there is no branch '\(target)' to merge into")
        }
        let key = topic ?? self.topic(of: branch)
        let ref = ProposalRef(key: key, target: target).name
        let old = try repository.tip(of: ref)?.description ?? "-"
        try repository.setRef(ref, to: head)
        return try await pushed(to: project.repository, ["\(old) \(head) \(ref)"])
    }

    /// A topic consists of letters, digits, - and _.
    private func topic(of branch: String) -> String {
        String(branch.prefix(64).map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "-" })
    }
}
