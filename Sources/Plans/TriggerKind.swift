import Formats
import Foundation
import Projects

/// A kind of trigger, as runs remember it: what it is called, and what it makes different for the run.
package protocol TriggerKind: TaggedValue {
    /// What people are told that the run was started by: a noun, with its numbers and names.
    var sentence: String { get }
    /// The moment that the run stands for, where it stands for one.
    var logicalTime: Date? { get }
    /// Why no step of the run takes an earlier result; `nil` when steps may.
    var reasonToRunAnew: String? { get }
    /// Which newer runs can replace the run.
    var succession: Succession { get }
    /// Whether it checks a change, which is not merged.
    var isCheck: Bool { get }
    /// Whether drift that the run finds can start other runs.
    var mayReportDrift: Bool { get }
    /// Added to the priority of the environment.
    var priority: Int { get }

    /// How runs that it starts share the machine.
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

/// Which runs of a pipeline a newer one can replace, where `supersede:` says that it does: those of the same succession.
package struct Succession: Sendable, Hashable {
    /// What its runs are about.
    package let subject: String
    /// Whether runs of other branches belong to it.
    package let spansBranches: Bool
    /// Whether newer runs replace older ones at all.
    package let replaces: Bool

    package init(subject: String, spansBranches: Bool = false, replaces: Bool = true) {
        self.subject = subject
        self.spansBranches = spansBranches
        self.replaces = replaces
    }

    /// Of runs that are about the code of a branch.
    package static let ofCode = Succession(subject: "code")
}
