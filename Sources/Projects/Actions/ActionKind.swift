import Formats

/// A kind of step: everything about it but how it runs, which the daemon's table of runners says.
///
/// A new kind is a file in this folder, a line in `Action.kinds`, and a line in the table of runners.
package protocol ActionKind: TaggedValue {
    /// The key of a step that asks for it; `nil` when no file can, or another kind reads the key.
    static var key: ActionKey? { get }

    /// What plans say that the step does: a verb and its objects.
    var sentence: String { get }
    /// Whether it is a process of its own, and takes a slot while it works.
    var isCommand: Bool { get }
    /// The outputs of other steps that it reads, besides those in `env:`.
    var references: [Reference] { get }
    /// What it reads when the step has no `inputs:`.
    var defaultInputs: [Glob] { get }
    /// What it leaves, besides the step's `outputs:`.
    var ownOutputs: [String] { get }
    /// Whether an earlier result can be taken in its place.
    var reuse: ActionReuse { get }
    /// What infrastructure is planned from, besides files and variables; `nil` for a kind that plans none.
    var plannedFrom: [String: String]? { get }
    /// Whether it makes evidence for the version above it, which is scored against the incumbent of that moment.
    var readsIncumbent: Bool { get }
    /// Why a run in a working tree skips it; `nil` when it does not.
    var reasonToSkipLocally: String? { get }
    /// Why a run without network and data, of a change from outside, skips it; `nil` when it does not.
    var reasonToSkipIsolated: String? { get }
    /// How a Databricks job does it.
    var onDatabricks: DatabricksTask { get }

    /// The shell command that it runs; `nil` for a kind that is no command.
    ///
    /// - Parameter action: what another step of the pipeline does, by the step's name.
    func command(_ action: (String) -> Action?) -> String?

    /// What is wrong with it beside the other steps of its pipeline.
    func problems(in step: Step, of steps: [Step], at mark: Mark?) -> [Problem]
}

extension ActionKind {
    package static var key: ActionKey? { nil }
    package var isCommand: Bool { false }
    package var references: [Reference] { [] }
    package var defaultInputs: [Glob] { [] }
    package var ownOutputs: [String] { [] }
    package var plannedFrom: [String: String]? { nil }
    package var readsIncumbent: Bool { false }
    package var reasonToSkipLocally: String? { nil }
    package var reasonToSkipIsolated: String? { nil }
    package func command(_ action: (String) -> Action?) -> String? { nil }
    package func problems(in step: Step, of steps: [Step], at mark: Mark?) -> [Problem] { [] }
}

/// A key of a step that says what the step does.
package struct ActionKey: Sendable {
    let field: Shape.Field
    /// Reads the value of the key, which is of the field's shape already. `nil` when something is wrong with it, which it
    /// has added to the problems.
    let read: @Sendable (_ value: Node, _ key: String, _ problems: inout [Problem]) -> (any ActionKind)?

    var name: String { field.name }

    init(
        _ name: String, _ shape: Shape, _ about: String,
        read: @escaping @Sendable (Node, String, inout [Problem]) -> (any ActionKind)?
    ) {
        field = .init(name, shape, about)
        self.read = read
    }
}

/// Whether an earlier result can be taken in place of running a step.
package enum ActionReuse: Sendable, Hashable {
    /// When its key is the same: these texts are part of it, by name, besides what the step reads.
    case keyed([String: String])
    case never(reason: String)
}

/// How a Databricks job does what a step does.
package enum DatabricksTask: Sendable, Hashable {
    case command(String)
    /// - Parameter missing: what Databricks does not do, after "Databricks does not".
    case none(missing: String)
}
