import Events
import Formats
import Foundation
import Projects

/// Another run found drift. The runs that it starts report no drift themselves, because that could loop forever.
package struct DriftTrigger: TriggerKind {
    package static let tag = "drift"

    package let run: Int64
    package let reason: String

    private enum CodingKeys: String, CodingKey { case run, reason }

    package var sentence: String { "drift that run \(run) found: \(reason)" }
    package var succession: Succession { Succession(subject: "drift") }
}

extension Trigger {
    public static func drift(run: Int64, reason: String) -> Trigger { Trigger(DriftTrigger(run: run, reason: reason)) }
}

extension DriftReport: StartingEvent {
    package typealias Started = DriftTrigger

    package func match(_ pipeline: Pipeline, _ facts: CommitFacts) -> Match {
        guard let rule = pipeline.triggers.rule(DriftRule.self) else { return .skipped(.notTriggered(by: "drift")) }
        guard rule.environment == environment else {
            return .skipped(.otherEnvironment(wanted: [rule.environment], actual: environment))
        }
        guard rule.of.isEmpty || rule.of.contains(self.pipeline) else {
            return .skipped(.otherPipeline(wanted: rule.of))
        }
        if let reason = facts.driftStarts.held(by: rule, of: pipeline.name) { return .skipped(reason) }
        return .starts(environment: rule.environment, .drift(run: run, reason: reason))
    }
}

extension NonRun {
    package static func otherPipeline(wanted: [String]) -> NonRun {
        NonRun("otherPipeline", "started by what \(wanted.joined(separator: ", ")) reports")
    }

    package static func coolingDown(until: Date) -> NonRun {
        NonRun("coolingDown", "drift has started it lately: it cools down until \(until.formatted(.iso8601))")
    }

    package static func oftenEnough(starts: Int, since: Date) -> NonRun {
        NonRun(
            "oftenEnough",
            "drift has started it \(starts) times since \(since.formatted(.iso8601)), which is the most it may")
    }
}
