import Formats

/// A branch or tag was created, moved or deleted.
extension RefMove: EventKind {
    package static let tag = "push"

    package var subject: String { branch ?? ref }
    package var move: RefMove? { self }

    package var code: EventCode {
        guard let branch else { return .none(remark: "tags start nothing") }
        guard let to else { return .none(remark: "branch '\(branch)' was deleted") }
        return .commit(to, branch: branch, base: from)
    }
}

extension Event {
    public static func push(_ move: RefMove) -> Event { Event(of: move) }

    /// Whether a moved ref is a push or a proposal. Depends only on the ref's name.
    public init(_ move: RefMove) {
        if let proposal = ProposalRef(move.ref) {
            self.init(of: Proposal(key: proposal.key, target: proposal.target, head: move.to))
        } else {
            self.init(of: move)
        }
    }
}
