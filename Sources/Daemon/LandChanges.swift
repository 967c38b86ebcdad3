import Changes
import Events
import Forges
import Foundation
import Git
import Projects
import Store

/// Moves a target to what was tested: here by compare-and-swap, on a forge by pushing the tested commit or by its API.
struct ChangeLander: Sendable {
    let store: Store
    let client: ForgeClient
    let servers: GitServers

    /// What landing came to.
    enum Landed {
        /// The target is at this commit.
        case at(ObjectID)
        /// Somebody else moved it first.
        case targetMoved
        /// It cannot land, and will not by itself.
        case refused(String)
    }

    func land(
        _ changes: [Change], from: ObjectID, to: ObjectID, ref: String, _ project: StoredProject, _ rules: GateRules
    )
        async throws -> Landed
    {
        let reason = "espalier: change \(changes.map { "\($0.number)" }.joined(separator: ", "))"
        guard project.url != nil else {
            let isMoved = try Repository(at: project.repository).compareAndSwap(ref, from: from, to: to, reason: reason)
            return isMoved ? .at(to) : .targetMoved
        }
        let linked = try await store.forges()[project.id].map { try LinkedForge(project, $0) }
        if let linked, linked.link.landing == .api, let change = changes.first, let origin = change.origin {
            guard changes.count == 1 else { return .refused("the forge merges one change at a time: set `batch: 1`") }
            return try await merge(change, origin, linked, rules, ref, from: from)
        }
        let token = linked?.forge.settings.token
        guard let refusal = try await servers.push(to, to: ref, of: project, token: token) else {
            // The mirror would see it with its next fetch anyway.
            _ = try Repository(at: project.repository).compareAndSwap(ref, from: from, to: to, reason: reason)
            return .at(to)
        }
        guard try await servers.tip(of: ref, of: project, token: token) == from else { return .targetMoved }
        return .refused(
            "the server does not take its merge (\(refusal)): let Espalier push to \(ref), or link it with --landing api"
        )
    }

    /// The forge makes the merge itself: of the head that was tested, on a target that was where it was tested on.
    private func merge(
        _ change: Change, _ origin: ChangeOrigin, _ linked: LinkedForge, _ rules: GateRules, _ ref: String,
        from: ObjectID
    ) async throws -> Landed {
        guard let head = change.head else { return .refused("it has no head") }
        // The forge merges into whatever is there; what was tested is a merge with what was there.
        let before = try await servers.tip(of: ref, of: linked.project, token: linked.forge.settings.token)
        guard before == from else {
            // Unless it was the forge that moved it, and nobody heard of that.
            let now = try linked.forge.change(in: try await client.send(linked.forge.change(origin.number)))
            if now.state == .merged, let before { return .at(before) }
            return .targetMoved
        }
        if let status = CommitStatus(change, address: nil) { try await client.post(status, to: linked.forge) }
        let method: MergeOrder.Method =
            switch rules.method {
            case .merge: .merge
            case .squash: .squash
            case .rebase: .rebase
            }
        let order = MergeOrder(
            number: origin.number, head: head.description, method: method,
            title: rules.method == .squash ? change.title : change.mergeTitle,
            message: change.trailer)
        let answer = linked.forge.mergeAnswer(try await client.send(linked.forge.merge(order)))
        let tip = try await servers.tip(of: ref, of: linked.project, token: linked.forge.settings.token)
        switch answer {
        case .merged(let commit): return .at(commit.flatMap { ObjectID($0) } ?? tip ?? head)
        case .underway, .headMoved: return try await readAgain(change, origin, linked, tip, because: nil)
        case .notMergeable(let reason): return try await readAgain(change, origin, linked, tip, because: reason)
        case .failed(let mayPass, let reason):
            if mayPass { throw ForgeError.busy(status: 0, message: reason, retry: nil) }
            return .refused("the forge does not merge it: \(reason)")
        }
    }

    /// A merge that was made and not heard of reads like one that cannot be made: the pull request itself tells.
    private func readAgain(
        _ change: Change, _ origin: ChangeOrigin, _ linked: LinkedForge, _ tip: ObjectID?, because reason: String?
    ) async throws -> Landed {
        let now = try linked.forge.change(in: try await client.send(linked.forge.change(origin.number)))
        if now.state == .merged, let tip { return .at(tip) }
        if let reason { return .refused("the forge does not merge it: \(reason)") }
        // It has a newer head, or is being merged: the next look tells.
        throw ForgeError.busy(
            status: 0, message: "change \(change.number) is being merged or has a newer head", retry: nil)
    }
}
