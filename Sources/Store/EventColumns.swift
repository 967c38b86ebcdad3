import Events
import GRDB

/// The columns of an event that queries use. They are copies, so that no query depends on the layout of the JSON.
struct EventColumns {
    /// The ref that moved. Absent for events that no ref causes.
    var ref: String?
    /// The commit that the event is about. Absent if a ref was deleted.
    var commit: String?
    /// Row id of the stored fire.
    var fire: Int64?
    /// The pipeline that a schedule starts.
    var schedule: String?
    /// The backfill that requested the fire. Absent if the schedule or a person did.
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

    /// Values for `event(ref, commit_id, fire_id, schedule, backfill_id)`.
    var arguments: StatementArguments { [ref, commit, fire, schedule, backfill] }
}

/// Copies of parts of the decision behind an alias move. Ledger rows are final, so the copies are stored with the move.
struct MoveColumns {
    let approvalsNeeded: Int
    /// Whether the rules judged evidence. False for a restored version.
    let hasEvidence: Bool

    init(_ body: DecisionBody) {
        approvalsNeeded = body.approvalsNeeded ?? 0
        hasEvidence = body.evidenceSHA256 != nil
    }

    /// Values for `alias_move(approvals_needed, has_evidence)`.
    var arguments: StatementArguments { [approvalsNeeded, hasEvidence] }
}
