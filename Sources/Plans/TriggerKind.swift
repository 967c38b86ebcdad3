import Formats
import Foundation
import Projects

/// A kind of trigger as runs store it: how it is described, and how it affects the run.
package protocol TriggerKind: TaggedValue {
    /// What started the run, for people: a noun with numbers and names.
    var sentence: String { get }
    /// The logical time of the run, if it has one.
    var logicalTime: Date? { get }
    /// Why no step of the run may reuse an earlier result; `nil` if steps may.
    var reasonToRunAnew: String? { get }
    /// Which newer runs can supersede the run.
    var succession: Succession { get }
    /// Whether the run checks a change that is not merged.
    var isCheck: Bool { get }
    /// Whether drift found by the run can start other runs.
    var mayReportDrift: Bool { get }
    /// Added to the priority of the environment.
    var priority: Int { get }

    /// How its runs share the machine.
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

/// Groups runs of a pipeline for `supersede:`. A newer run can only replace older runs of the same succession.
package struct Succession: Sendable, Hashable {
    /// What the runs are about.
    package let subject: String
    /// Whether it includes runs of other branches.
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
