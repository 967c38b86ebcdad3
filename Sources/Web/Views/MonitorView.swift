import Foundation
import Reports

/// A monitor report: each measure as a bar, with marks at its warning limit and its drift limit.
struct MonitorView {
    struct Measure {
        let name: String
        let statistic: String
        let value: String
        let p: String
        let limit: String
        let state: StateMark
        let drawing: Bar?
    }

    /// A value, on a scale from 0 to 1.5 times the drift limit.
    struct Bar {
        static let width = 220

        let width = Bar.width
        let length: String
        let warn: String?
        let limit: String
        let tone: String
        let text: String
    }

    let step: String
    let summary: String
    let outcome: StateMark
    let window: String
    let reference: String
    /// The most severe first.
    let measures: [Measure]

    init(_ report: MonitorReport) {
        step = report.step ?? ""
        summary = report.summary
        outcome = StateMark(report.drift ? "drift" : "no_drift")
        window = "\(report.window.from) to \(report.window.to), \(report.window.rows) rows"
        reference = "\(report.reference.name), \(report.reference.rows) rows"
        measures = report.measures.sorted { $0.severity > $1.severity }.map(Measure.init)
    }
}

extension MonitorView.Measure {
    fileprivate init(_ measure: MonitorReport.Measure) {
        name = measure.name
        statistic = measure.statistic
        value = digits(measure.value)
        p = measure.p.map(digits) ?? ""
        limit = measure.limit.map(digits) ?? ""
        state = StateMark(measure.state)
        drawing = MonitorView.Bar(measure)
    }
}

extension MonitorView.Bar {
    fileprivate init?(_ measure: MonitorReport.Measure) {
        guard let limit = measure.limit, limit > 0, measure.value.isFinite else { return nil }
        func x(_ number: Double) -> String {
            String(format: "%.1f", Double(Self.width) * min(1, max(0, number / (1.5 * limit))))
        }
        length = x(measure.value)
        warn = measure.warn.map(x)
        self.limit = x(limit)
        tone = StateMark(measure.state).tone
        text = "\(measure.name): \(measure.statistic) \(digits(measure.value)), drift from \(digits(limit))"
    }
}

extension MonitorReport.Measure {
    fileprivate var state: String {
        if let limit, value >= limit { return "drift" }
        if let warn, value >= warn { return "shifted" }
        return "as_before"
    }

    fileprivate var severity: Double { limit.map { $0 > 0 ? value / $0 : value } ?? 0 }
}
