import Events
import GRDB
import Plans
import Promotion

/// Columns that queries read, stored beside the JSON of an event, so that no query depends on the layout of the JSON.
struct EventColumns {
    /// The ref that moved; absent for events that are not about a ref.
    var ref: String?
    /// The commit that the event is about; absent when a ref was deleted.
    var commit: String?
    /// Row of the stored fire.
    var fire: Int64?
    /// The pipeline that a schedule starts.
    var schedule: String?
    /// The backfill that requested the fire; absent when the schedule or a person did.
    var backfill: Int64?

    init(_ event: Event) {
        let move = event.body.move
        ref = move?.ref
        if let move {
            commit = move.to?.description
        } else if case .commit(let read, _, _, _) = event.body.code {
            commit = read.description
        } else {
            commit = event.as(RunRequest.self)?.commit.description
        }
        if let request = event.as(FireRequest.self) {
            (fire, schedule, backfill) = (request.fire, request.schedule, request.backfill?.number)
        }
    }

    /// For `event(ref, commit_id, fire_id, schedule, backfill_id)`.
    var arguments: StatementArguments { [ref, commit, fire, schedule, backfill] }
}

/// Columns that queries read about the decision behind an alias move. They lie beside the move, because rows of the
/// ledger never change.
struct MoveColumns {
    let approvalsNeeded: Int
    /// Whether the rules judged evidence. False for a version that was restored.
    let hasEvidence: Bool

    init(_ body: DecisionBody) {
        approvalsNeeded = body.approvalsNeeded ?? 0
        hasEvidence = body.evidenceSHA256 != nil
    }

    /// For `alias_move(approvals_needed, has_evidence)`.
    var arguments: StatementArguments { [approvalsNeeded, hasEvidence] }
}
