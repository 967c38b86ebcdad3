import Changes
import Events
import Following
import Forges
import Projects

/// Asks a forge to merge a pull request: the tested head, into a target that is still at the commit it was tested on.
struct LandByForge: LandingPlace {
    let client: ForgeClient
    let servers: GitServers
    let linked: LinkedForge

    func land(_ request: LandingRequest) async throws -> Landed {
        // A change without a pull request is pushed.
        guard let change = request.changes.first, let origin = change.origin else {
            return try await LandOnServer(servers: servers, token: linked.forge.settings.token).land(request)
        }
        guard request.changes.count == 1 else {
            return .refused("the forge merges one change at a time: set `batch: 1`")
        }
        guard let head = change.head else { return .refused("it has no head") }
        // The forge merges into the current tip, but the tests were for a merge with the earlier one.
        let before = try await tip(of: request.ref)
        guard before == request.from else {
            // Unless the forge itself moved it and the answer was lost.
            if try await pull(origin).state == .merged, let before { return .at(before) }
            return .targetMoved
        }
        if let status = CommitStatus(change, address: nil) { try await client.post(status, to: linked.forge) }
        let order = MergeOrder(
            number: origin.number, head: head.description, method: MergeOrder.Method(request.rules.method),
            title: request.rules.method == .squash ? change.title : change.mergeTitle, message: change.trailer)
        let answer = linked.forge.mergeAnswer(try await client.send(linked.forge.merge(order)))
        let tip = try await tip(of: request.ref)
        switch answer {
        case .merged(let commit): return .at(commit.flatMap { ObjectID($0) } ?? tip ?? head)
        case .underway, .headMoved: return try await readAgain(change, origin, tip, because: nil)
        case .notMergeable(let reason): return try await readAgain(change, origin, tip, because: reason)
        case .failed(let mayPass, let reason):
            if mayPass { throw ForgeError.busy(status: 0, message: reason, retry: nil) }
            return .refused("the forge does not merge it: \(reason)")
        }
    }

    /// If the answer was lost, a completed merge looks like one that is impossible. Only the pull request tells which.
    private func readAgain(_ change: Change, _ origin: ChangeOrigin, _ tip: ObjectID?, because reason: String?)
        async throws -> Landed
    {
        if try await pull(origin).state == .merged, let tip { return .at(tip) }
        if let reason { return .refused("the forge does not merge it: \(reason)") }
        // It has a newer head, or is being merged. The next look shows which.
        throw ForgeError.busy(
            status: 0, message: "change \(change.number) is being merged or has a newer head", retry: nil)
    }

    private func pull(_ origin: ChangeOrigin) async throws -> ForgeChange {
        try linked.forge.change(in: try await client.send(linked.forge.change(origin.number)))
    }

    private func tip(of ref: String) async throws -> ObjectID? {
        try await servers.tip(of: ref, of: linked.project, token: linked.forge.settings.token)
    }
}

extension MergeOrder.Method {
    fileprivate init(_ method: GateRules.Method) {
        self =
            switch method {
            case .merge: .merge
            case .squash: .squash
            case .rebase: .rebase
            }
    }
}
