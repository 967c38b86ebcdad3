import Foundation
import Reports

/// A decision of the ledger.
struct DecisionView {
    let id: Int64
    let run: Int64
    let environment: String
    let commit: HashMark
    let configuration: HashMark
    let datasets: [Pair]
    let model: String
    let challenger: String
    let champion: String?
    let verdict: StateMark
    let firstReason: String?
    let reasons: [String]
    let findings: [FindingView]
    let hasFindings: Bool
    let rows: Int
    let evidence: HashMark?
    let decidedAt: TimeMark
    let appliedAt: TimeMark?
    /// Promoted, but the alias has not been read back from the registry yet.
    let isUnconfirmed: Bool
    let voided: String?
    let approvals: String?
    let hash: HashMark

    init(_ decision: DecisionReport, now: Date) {
        id = decision.id
        run = decision.run
        environment = decision.environment
        commit = HashMark(decision.commit)
        configuration = HashMark(decision.configurationDigest)
        datasets = Pair.sorted(decision.datasets)
        model = decision.model
        challenger = decision.challenger
        champion = decision.champion
        verdict = StateMark(decision.verdict)
        firstReason = decision.reasons.first
        reasons = decision.reasons
        findings = FindingView.all(decision.findings)
        hasFindings = !decision.findings.isEmpty
        rows = decision.rows
        evidence = decision.evidenceSha256.map(HashMark.init)
        decidedAt = TimeMark(decision.decidedAt, now: now)
        appliedAt = decision.appliedAt.map { TimeMark($0, now: now) }
        isUnconfirmed = decision.verdict == "promoted" && decision.appliedAt == nil && decision.voided == nil
        voided = decision.voided
        approvals =
            decision.approvalsNeeded == 0
            ? nil
            : "\(decision.approvedBy.count) of \(decision.approvalsNeeded)"
                + (decision.approvedBy.isEmpty ? "" : ", by \(decision.approvedBy.joined(separator: ", "))")
        hash = HashMark(decision.hash)
    }
}
