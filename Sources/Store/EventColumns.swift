import Events
import GRDB
import Plans
import Promotion

/// What queries ask of an event: columns beside its JSON, so that no query depends on how the JSON is laid out.
///
/// This file is the only one of the store that knows the cases of `Event` and `Trigger` by their parts.
struct EventColumns {
    /// The ref that moved; absent for events that no ref tells of.
    var ref: String?
    /// The commit that it is about; absent where a ref was deleted.
    var commit: String?
    /// Row of the stored fire.
    var fire: Int64?
    /// The pipeline that a schedule starts.
    var schedule: String?
    /// The backfill that asked for the fire; absent where it was the schedule or a person.
    var backfill: Int64?

    init(_ event: Event) {
        switch event {
        case .push(let move): (ref, commit) = (move.ref, move.to?.description)
        case .proposal(let proposal):
            ref = ProposalRef(key: proposal.key, target: proposal.target).name
            commit = proposal.head?.description
        case .checks(let request): commit = request.merge.description
        case .fire(let request):
            (fire, schedule, backfill) = (request.fire, request.schedule, request.backfill?.number)
            commit = request.commit.description
        case .request(let request): commit = request.commit.description
        case .rollback(let request): commit = request.commit.description
        case .drift(let report): commit = report.commit.description
        }
    }

    /// For `event(ref, commit_id, fire_id, schedule, backfill_id)`.
    var arguments: StatementArguments { [ref, commit, fire, schedule, backfill] }
}

extension Trigger {
    /// Whether a push started the run: forges are told of those.
    var isPush: Bool { self == .push }

    /// The change that the run checks.
    var change: Int64? {
        if case .change(let number, _) = self { number } else { nil }
    }

    /// The stored fire that started the run, and the version that its backfill wants in place of the pinned one.
    var fire: (id: Int64, version: String?)? {
        if case .fire(let id, _, _, let backfill) = self { (id, backfill?.version) } else { nil }
    }
}

/// What queries ask of the decision behind an alias move. The ledger's own rows are final: these lie beside the move.
struct MoveColumns {
    let approvalsNeeded: Int
    /// Whether the rules judged evidence; a version that was restored has none.
    let hasEvidence: Bool

    init(_ body: DecisionBody) {
        approvalsNeeded = body.approvalsNeeded ?? 0
        hasEvidence = body.evidenceSHA256 != nil
    }

    /// For `alias_move(approvals_needed, has_evidence)`.
    var arguments: StatementArguments { [approvalsNeeded, hasEvidence] }
}
