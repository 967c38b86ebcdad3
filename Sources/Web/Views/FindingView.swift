import Foundation
import Reports

/// A rule of a decision or one of its slices: its numbers, and its confidence interval drawn with the required difference.
struct FindingView {
    let rule: String
    let subject: String
    let isSlice: Bool
    let rows: Int?
    let challenger: String
    let champion: String
    let difference: String
    let wanted: String
    let outcome: StateMark
    let drawing: IntervalDrawing?

    /// In the order of the findings. Intervals of the same subject share one scale.
    static func all(_ findings: [FindingReport]) -> [FindingView] {
        let scales = Dictionary(grouping: findings, by: \.subject).mapValues(IntervalDrawing.Scale.init)
        return findings.map { FindingView($0, scales[$0.subject] ?? nil) }
    }

    private init(_ finding: FindingReport, _ scale: IntervalDrawing.Scale?) {
        rule = finding.slice == nil ? finding.rule.replacing("_", with: " ") : ""
        subject = finding.slice ?? finding.subject
        isSlice = finding.slice != nil
        rows = finding.rows
        challenger = finding.challenger.map(digits) ?? ""
        champion = finding.champion.map(digits) ?? ""
        difference = finding.difference.map { ($0 > 0 ? "+" : "") + digits($0) } ?? ""
        wanted =
            switch finding.rule {
            case "floor", "at_most": digits(finding.wanted)
            default: "more than \(digits(finding.wanted))"
            }
        outcome = StateMark(finding.outcome)
        drawing = scale.flatMap { IntervalDrawing(finding, $0) }
    }
}

/// The difference between two models with its confidence bounds, drawn with marks at zero and at the required difference.
struct IntervalDrawing {
    /// The range of the numbers that are drawn, zero included.
    struct Scale {
        let least: Double
        let span: Double

        init?(_ findings: [FindingReport]) {
            let drawn = findings.filter { $0.lower != nil }
            let numbers = drawn.reduce(into: [0.0]) { numbers, finding in
                for number in [finding.lower, finding.upper, finding.difference, finding.wanted] {
                    if let number { numbers.append(number) }
                }
            }
            guard !drawn.isEmpty, let least = numbers.min(), let most = numbers.max(), most > least else { return nil }
            (self.least, span) = (least, most - least)
        }

        /// The position of a number in pixels, within the margins.
        func x(_ number: Double) -> String {
            let inner = Double(IntervalDrawing.width - 2 * IntervalDrawing.margin)
            return String(format: "%.1f", Double(IntervalDrawing.margin) + inner * (number - least) / span)
        }
    }

    static let width = 220
    static let margin = 6

    let width = IntervalDrawing.width
    let zero: String
    let wanted: String
    let from: String
    let to: String
    let point: String
    /// `good`, `bad`, …
    let tone: String
    let text: String

    fileprivate init?(_ finding: FindingReport, _ scale: Scale) {
        guard let lower = finding.lower, let upper = finding.upper, let difference = finding.difference else {
            return nil
        }
        (zero, wanted) = (scale.x(0), scale.x(finding.wanted))
        (from, to, point) = (scale.x(lower), scale.x(upper), scale.x(difference))
        tone = StateMark(finding.outcome).tone
        let confidence = finding.confidence.map { ", each with \(digits($0 * 100)) %" } ?? ""
        let other = finding.delongLower.flatMap { lower in
            finding.delongUpper.map { "; DeLong \(digits(lower)) to \(digits($0))" }
        }
        text =
            "better by \(digits(lower)) to \(digits(upper))\(confidence); wanted \(digits(finding.wanted))\(other ?? "")"
    }
}

func digits(_ number: Double) -> String { String(format: "%.4g", number) }
