import Formats
import Foundation
import Projects

/// A kind of trigger, as stored with runs: its description, and what it changes about the run.
package protocol TriggerKind: TaggedValue {
    /// What started the run, for people: a noun with its numbers and names.
    var sentence: String { get }
    /// The logical time of the run; `nil` for runs without one.
    var logicalTime: Date? { get }
    /// Why no step of the run may reuse an earlier result; `nil` when steps may.
    var reasonToRunAnew: String? { get }
    /// Which newer runs can supersede the run.
    var succession: Succession { get }
    /// Whether the run checks a change that is not merged.
    var isCheck: Bool { get }
    /// Whether drift found by the run can start other runs.
    var mayReportDrift: Bool { get }
    /// Added to the priority of the environment.
    var priority: Int { get }

    /// Concurrency of the runs that it starts.
    func concurrency(of pipeline: Pipeline) -> Concurrency
}

extension TriggerKind {
    package var logicalTime: Date? { nil }
    package var reasonToRunAnew: String? { nil }
    package var succession: Succession { .ofCode }
    package var isCheck: Bool { false }
    package var mayReportDrift: Bool { false }
    package var priority: Int { 0 }

    package func concurrency(of pipeline: Pipeline) -> Concurrency { pipeline.concurrency }
}

/// Runs of a pipeline can supersede each other only when their successions are equal, and only as far as `supersede:`
/// allows.
package struct Succession: Sendable, Hashable {
    /// What the runs are about.
    package let subject: String
    /// Whether runs of other branches are included.
    package let spansBranches: Bool
    /// Whether newer runs supersede older ones at all.
    package let replaces: Bool

    package init(subject: String, spansBranches: Bool = false, replaces: Bool = true) {
        self.subject = subject
        self.spansBranches = spansBranches
        self.replaces = replaces
    }

    /// For runs about the code of a branch.
    package static let ofCode = Succession(subject: "code")
}
