import Changes
import Events
import Foundation
import Git
import Store

/// What persons ask of changes, over the daemon's socket: one word of what, then its arguments, a line each.
extension Daemon {
    /// `[number, name]`
    func approve(_ words: [String]) async throws -> String {
        let (number, name) = (Int64(words.first ?? "") ?? 0, words.last ?? "")
        try await engine.wish(.approved(by: name), of: number)
        try await note(.approved(change: number), by: name, change: number)
        return "ok\n"
    }

    /// `[number, name]`
    func withdraw(_ words: [String]) async throws -> String {
        let (number, name) = (Int64(words.first ?? "") ?? 0, words.last ?? "")
        try await engine.wish(.withdrawn, of: number)
        try await note(.withdrew(change: number), by: name, change: number)
        return "ok\n"
    }

    private func note(_ deed: Deed, by name: String, change number: Int64) async throws {
        guard let change = try await store.change(number) else { return }
        try await store.note(deed, by: name, project: change.project, at: Date())
    }

    /// The very head that was refused is pushed again: somebody wants it looked at again.
    func propose(_ again: [String: ObjectID], _ project: StoredProject) async throws {
        for (ref, tip) in again {
            guard let proposal = ProposalRef(ref),
                let change = try await store.latestChange(
                    key: proposal.key, target: proposal.target, project: project.id),
                change.state.isSettled, !change.state.isClosed, change.head == tip
            else { continue }
            let proposed = Proposal(key: proposal.key, target: proposal.target, head: tip)
            _ = try await store.store(.proposal(proposed), project: project.id, at: Date())
            engine.ring()
        }
    }

    /// Open a change of a branch that is in the repository already: `[project, branch, target, topic]`.
    func openChange(_ words: [String]) async throws -> String {
        guard words.count == 4 else { return unknownRequest }
        let project = try await project(words[0])
        let (branch, target) = (words[1], words[2])
        let repository = try Repository(at: project.repository)
        guard let head = try repository.tip(of: "refs/heads/\(branch)") else {
            throw DaemonError.refused("there is no branch '\(branch)' in \(project.name)")
        }
        guard try repository.tip(of: "refs/heads/\(target)") != nil else {
            throw DaemonError.refused("there is no branch '\(target)' to merge into")
        }
        let key = words[3] == "-" ? topic(of: branch) : words[3]
        let ref = ProposalRef(key: key, target: target).name
        let old = try repository.tip(of: ref)?.description ?? "-"
        try repository.setRef(ref, to: head)
        return try await pushed(to: project.repository, ["\(old) \(head) \(ref)"])
    }

    /// A topic has letters, digits, - and _ only.
    private func topic(of branch: String) -> String {
        String(branch.prefix(64).map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "-" })
    }
}
