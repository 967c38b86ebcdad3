import Digests
import Foundation
import Home
import Projects
import Promoting
import Promotion
import Reading
import Reports

/// The verdict that a working tree's rules would give on evidence. For people who write rules or produce evidence.
public struct EvidenceJudge: Sendable {
    private let rules: PromotionRules
    private let circumstances: Circumstances
    private let resamples: Int

    /// - Parameters:
    ///   - pipeline: the pipeline with the promote step. Absent: the only pipeline that has one.
    ///   - trainingIDs: a file with one id per line.
    ///   - reported: values that steps reported about the challenger.
    ///   - uses: how many earlier comparisons used the holdout.
    public init(
        _ tree: WorkingTree, pipeline: String?, trainingIDs: String?, reported: [String: Double], uses: Int,
        resamples: Int
    ) throws {
        let asked = try tree.project().pipelines.filter { pipeline == nil || $0.name == pipeline }
        let found = asked.compactMap { pipeline -> (name: String, rules: PromotionRules)? in
            pipeline.steps.compactMap(\.rules).first.map { (pipeline.name, $0) }
        }
        guard let rules = found.first?.rules, found.count == 1 else {
            let names = found.map(\.name).sorted().joined(separator: ", ")
            throw DaemonError.unusable(
                found.isEmpty
                    ? "no pipeline \(pipeline.map { "'\($0)' " } ?? "")of \(tree.folder) has a promote step"
                    : "several pipelines have a promote step: name one of \(names)")
        }
        self.rules = rules
        self.resamples = resamples
        circumstances = Circumstances(
            incumbent: true, trainingIDs: try trainingIDs.map(readIDs) ?? [], reported: reported, earlierUses: uses)
    }

    /// - Parameter file: a CSV table. Without scores of a champion, the challenger is judged as a first model.
    public func judge(_ file: String) throws -> Judgement {
        guard let bytes = FileManager.default.contents(atPath: file).map([UInt8].init) else {
            throw DaemonError.unusable("\(file) cannot be read")
        }
        let digest = sha256(bytes)
        let decision: Decision
        do throws(EvidenceProblem) {
            let evidence = try Evidence.parse(csv: bytes)
            var circumstances = circumstances
            circumstances.incumbent = evidence.champion != nil
            decision = decide(
                evidence, in: circumstances, rules: rules, seed: seed(ofEvidence: digest), resamples: resamples)
        } catch {
            decision = decide(unreadable: error)
        }
        return Judgement(
            file: file, evidenceSha256: digest, verdict: decision.verdict.rawValue, reasons: decision.reasons,
            findings: decision.lines, rows: decision.rows, resamples: decision.resamples)
    }
}

/// A verdict that has no effect.
public struct Judgement: Sendable, Encodable {
    public let file: String
    public let evidenceSha256: String
    /// `promoted` or `not_promoted`
    public let verdict: String
    public let reasons: [String]
    public let findings: [FindingReport]
    public let rows: Int
    public let resamples: Int
}

extension Step {
    fileprivate var rules: PromotionRules? { action.as(PromoteAction.self)?.rules }
}
