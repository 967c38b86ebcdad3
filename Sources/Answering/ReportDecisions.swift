import Digests
import Foundation
import Home
import Promoting
import Promotion
import Reports
import Store

extension Reporter {
    /// The latest decisions, oldest first.
    public func decisions() async throws -> [DecisionReport] {
        let approvals = try await store.approvals()
        return try await store.decisions().map { DecisionReport($0, approvedBy: approvals[$0.id] ?? []) }
    }

    /// `nil` if there is no such decision.
    public func decision(_ number: Int64) async throws -> DecisionReport? {
        let approvals = try await store.approvals()
        return try await store.decision(number).map { DecisionReport($0, approvedBy: approvals[number] ?? []) }
    }

    /// The whole ledger, for export.
    public func ledger() async throws -> [LedgerEntry] {
        try await store.decisions(limit: .max).map { stored in
            LedgerEntry(
                id: stored.id, previousHash: stored.previousHash, hash: stored.hash, body: stored.text,
                appliedAt: stored.appliedAt)
        }
    }

    /// Problems with the evidence behind decisions: evidence that is missing or has changed.
    public func problemsOfEvidence() async throws -> [String] {
        try await store.decisions(limit: .max).compactMap { stored in
            guard let digest = stored.body.evidenceSHA256 else { return nil }
            let file = "\(home.evidence)/\(digest).csv"
            guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: file)) else {
                return "decision \(stored.id): its evidence \(file) is missing"
            }
            return sha256([UInt8](bytes)) == digest ? nil : "decision \(stored.id): its evidence \(file) was changed"
        }
    }

    /// The statements that were signed when a version was registered, with the keys to verify them.
    public func provenance(of model: String, version: String) async throws -> ProvenanceExport {
        guard let report = try await models().first(where: { $0.name == model && $0.version == version }) else {
            throw DaemonError.refused("there is no \(model) \(version): `espalier models` lists them")
        }
        guard let digest = report.tags["espalier.provenance"]?.split(separator: ":").last.map(String.init),
            let statement = try? String(contentsOfFile: home.provenance(digest), encoding: .utf8),
            let project = report.tags["espalier.project"], let environment = report.tags["espalier.environment"]
        else { throw DaemonError.refused("nothing is stated about \(model) \(version) here") }
        let keys = SigningKeys(home: home)
        var export = ProvenanceExport(
            statement: statement,
            statementKey: try keys.knownKey(.ed25519, project: project, environment: environment).publicPEM)
        guard report.tags["espalier.signature"] != nil else { return export }
        guard let signature = try? String(contentsOfFile: home.signature(digest), encoding: .utf8) else {
            throw DaemonError.refused(
                "the signature of \(model) \(version), \(home.signature(digest)), is not there any more")
        }
        export.signature = signature
        export.signatureKey = try keys.knownKey(.p256, project: project, environment: environment).publicPEM
        return export
    }

    /// The versions that aliases pointed to, newest last.
    ///
    /// - Parameters:
    ///   - model: absent for all models.
    ///   - time: only the versions that were current at this time.
    public func tenures(of model: String? = nil, at time: Date? = nil) async throws -> [TenureReport] {
        let all = if let model { try await store.tenures(of: model) } else { try await store.tenures() }
        let reports = all.enumerated().map { place, tenure in
            let next = all.dropFirst(place + 1).first {
                $0.move.model == tenure.move.model && $0.move.alias == tenure.move.alias
            }
            return TenureReport(
                model: tenure.move.model, alias: tenure.move.alias, version: tenure.move.to, since: tenure.since,
                until: next?.since, decision: tenure.decision.id, commit: tenure.decision.body.commit,
                evidenceSha256: tenure.decision.body.evidenceSHA256)
        }
        guard let time else { return reports }
        return reports.filter { $0.since <= time && ($0.until.map { time < $0 } ?? true) }
    }
}

/// What others need to verify a version: the contents of files.
public struct ProvenanceExport: Sendable {
    /// A DSSE envelope.
    public let statement: String
    /// PEM.
    public let statementKey: String
    /// A Sigstore bundle; `nil` for versions from before models were signed.
    public var signature: String?
    /// PEM.
    public var signatureKey: String?
}

/// The last confirmed move of an alias.
package typealias LedgerMove = (move: AliasMove, decision: Int64, hasEvidence: Bool)

extension ModelReport {
    /// Where the registry's aliases differ from the ledger's confirmed moves; `nil` if they agree.
    package func difference(from ledger: [LedgerMove]) -> String? {
        for (move, decision, hasEvidence) in ledger {
            if hasEvidence, move.to == version, tags["espalier.run"] == nil {
                return
                    "decision \(decision) made another \(name) \(version) its '\(move.alias)': that one is gone, and "
                    + "somebody has made a version of the same number"
            }
            guard aliases.contains(move.alias) != (move.to == version) else { continue }
            return move.to == version
                ? "the ledger has '\(move.alias)' here, by decision \(decision): somebody else has moved it"
                : "'\(move.alias)' was moved outside Espalier: the ledger has it at \(move.to)"
        }
        return nil
    }

    /// Versions that the ledger has as champions, and that the registry does not have any more.
    package static func gone(_ ledger: [LedgerMove], known: [ModelReport]) -> [ModelReport] {
        ledger.filter { one in !known.contains { $0.name == one.move.model && $0.version == one.move.to } }.map { one in
            var report = ModelReport(name: one.move.model, version: one.move.to, aliases: [], stage: "gone", tags: [:])
            report.remark =
                "the ledger has '\(one.move.alias)' here, by decision \(one.decision), and the registry has no such version: "
                + "restore it, or accept another: espalier decisions accept \(one.move.model) --version VERSION"
            return report
        }
    }
}

/// What is wrong with a ledger, judged from the ledger alone: every entry must follow the previous one, unchanged.
///
/// A ledger cannot show that its end was cut off. Whoever keeps the last hash can detect that.
public func problems(of ledger: [LedgerEntry]) -> [String] {
    var problems: [String] = []
    var previous = ""
    for entry in ledger {
        if entry.previousHash != previous { problems.append("decision \(entry.id) does not follow the one before it") }
        if entry.hash != sha256("\(entry.previousHash)\n\(entry.body)") {
            problems.append("decision \(entry.id) is not what was decided: its hash does not fit")
        }
        previous = entry.hash
    }
    return problems
}

extension DecisionReport {
    init(_ stored: StoredDecision, approvedBy: [String]) {
        let body = stored.body
        self.init(
            id: stored.id, run: body.run, environment: body.environment, commit: body.commit,
            configurationDigest: body.configurationDigest, datasets: body.datasets, model: body.model,
            challenger: body.challenger, champion: body.champion, verdict: body.decision.verdict.rawValue,
            reasons: body.decision.reasons, findings: body.decision.lines, rows: body.decision.rows,
            evidenceSha256: body.evidenceSHA256, decidedAt: stored.decidedAt, appliedAt: stored.appliedAt,
            hash: stored.hash)
        self.approvedBy = approvedBy
        approvalsNeeded = body.decision.verdict == .promoted ? body.approvalsNeeded ?? 0 : 0
        voided = stored.voided
    }
}

extension Decision {
    /// Every rule, followed by its slices.
    public var lines: [FindingReport] { findings.flatMap(\.lines) }
}

extension Promotion.Finding {
    fileprivate var lines: [FindingReport] {
        let (name, wanted, confidence) = terms
        var line = FindingReport(rule: name, subject: rule.subject, wanted: wanted, outcome: outcome.rawValue)
        line.challenger = challenger
        line.champion = comparison?.champion
        line.difference = comparison?.difference
        line.confidence = comparison?.confidence ?? confidence
        if case .bounds(let lower, let upper) = comparison?.interval { (line.lower, line.upper) = (lower, upper) }
        line.delongLower = comparison?.delong?.lower
        line.delongUpper = comparison?.delong?.upper
        let slices = (slices ?? []).map { slice in
            var line = FindingReport(
                rule: name, subject: rule.subject, wanted: wanted, outcome: slice.outcome.rawValue)
            line.slice = "\(slice.column)=\(slice.value)"
            line.rows = slice.rows
            line.challenger = slice.challenger
            line.champion = slice.champion
            line.difference = slice.difference
            (line.lower, line.upper, line.confidence) = (slice.lower, slice.upper, confidence)
            line.adjustedP = slice.adjustedP
            return line
        }
        return [line] + slices
    }

    private var terms: (name: String, wanted: Double, confidence: Double?) {
        switch rule {
        case .floor(let rule): ("floor", rule.atLeast, nil)
        case .atMost(let rule): ("at_most", rule.atMost, nil)
        case .improve(let rule): ("improve", rule.by, rule.confidence)
        case .noWorse(let rule): ("no_worse", -rule.margin, rule.confidence)
        case .slices(let rule): ("slices", -rule.margin, rule.confidence)
        }
    }
}
