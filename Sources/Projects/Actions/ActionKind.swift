import Formats

/// A kind of step: everything about it except how it runs, which is in the daemon's table of runners.
///
/// A new kind is a file in this folder, a line in `Action.kinds`, and a line in the table of runners.
package protocol ActionKind: TaggedValue {
    /// The step key that selects this kind; `nil` when no file can ask for it, or when another kind reads the key.
    static var key: ActionKey? { get }

    /// What the step does, as plans print it: a verb and its objects.
    var sentence: String { get }
    /// Whether the step runs as its own process and takes a slot while it runs.
    var isCommand: Bool { get }
    /// The outputs of other steps that it reads, besides those in `env:`.
    var references: [Reference] { get }
    /// What the step reads if it has no `inputs:`.
    var defaultInputs: [Glob] { get }
    /// Outputs of this kind of step, besides the step's `outputs:`.
    var ownOutputs: [String] { get }
    /// Whether an earlier result can be reused.
    var reuse: ActionReuse { get }
    /// What infrastructure is planned from, besides files and variables; `nil` for a kind that plans none.
    var plannedFrom: [String: String]? { get }
    /// Whether it makes evidence for a version registered above it, by scoring it against the current incumbent.
    var readsIncumbent: Bool { get }
    /// Why a run in a working tree skips it; `nil` when it does not.
    var reasonToSkipLocally: String? { get }
    /// Why a run without network and data, as changes from outside get, skips it; `nil` when it does not.
    var reasonToSkipIsolated: String? { get }
    /// How a Databricks job does the same.
    var onDatabricks: DatabricksTask { get }

    /// The shell command that it runs; `nil` for a kind that runs no command.
    ///
    /// - Parameter action: looks up what another step of the pipeline does, by name.
    func command(_ action: (String) -> Action?) -> String?

    /// Problems of this step in relation to the other steps of its pipeline.
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

/// A step key that says what the step does.
package struct ActionKey: Sendable {
    let field: Shape.Field
    /// Reads the value of the key, which already has the shape of the field. When it returns `nil`, it has added the
    /// reason to the problems.
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

/// Whether an earlier result can be reused instead of running the step.
package enum ActionReuse: Sendable, Hashable {
    /// Reuse a result with the same key. The key includes these named texts, besides what the step reads.
    case keyed([String: String])
    case never(reason: String)
}

/// How a Databricks job does what a step does.
package enum DatabricksTask: Sendable, Hashable {
    case command(String)
    /// - Parameter missing: what Databricks cannot do; follows the words "Databricks does not".
    case none(missing: String)
}
