import Foundation
import Projects

/// When drift started pipelines of an environment.
public struct DriftStarts: Sendable, Hashable {
    public let now: Date
    /// Times by pipeline, in any order.
    public let starts: [String: [Date]]

    public init(now: Date = .distantPast, starts: [String: [Date]] = [:]) {
        self.now = now
        self.starts = starts
    }

    /// Why the rule keeps drift from starting the pipeline now; `nil` if it does not.
    func held(by rule: DriftRule, of pipeline: String) -> NonRun? {
        let earlier = starts[pipeline] ?? []
        let cooled = earlier.max()?.addingTimeInterval(Double(rule.cooldown))
        if let cooled, cooled > now { return .coolingDown(until: cooled) }
        let since = now.addingTimeInterval(-Double(rule.window))
        let within = earlier.filter { $0 > since }.count
        return within >= rule.atMost ? .oftenEnough(starts: within, since: since) : nil
    }
}
