import Formats

/// A kind of step: everything about it except how it runs, which is in the daemon's table of runners.
///
/// A new kind needs a file in this folder, a line in `Action.kinds`, and a line in the table of runners.
package protocol ActionKind: TaggedValue {
    /// The key that selects this kind; `nil` if files cannot, or if another kind reads the key.
    static var key: ActionKey? { get }

    /// What the step does, as plans show it: a verb and its objects.
    var sentence: String { get }
    /// Whether it runs as a process and occupies a slot.
    var isCommand: Bool { get }
    /// The outputs of other steps that it reads, besides those in `env:`.
    var references: [Reference] { get }
    /// Its inputs if the step has no `inputs:`.
    var defaultInputs: [Glob] { get }
    /// The outputs that it has, besides the step's `outputs:`.
    var ownOutputs: [String] { get }
    /// Whether an earlier result can be reused instead.
    var reuse: ActionReuse { get }
    /// What an infrastructure plan depends on, besides files and variables; `nil` for kinds that plan none.
    var plannedFrom: [String: String]? { get }
    /// Whether it produces evidence for the version registered above it, scored against the incumbent at that time.
    var readsIncumbent: Bool { get }
    /// Why a local run skips it; `nil` if it does not.
    var reasonToSkipLocally: String? { get }
    /// Why a run of a change from outside, without network and data, skips it; `nil` if it does not.
    var reasonToSkipIsolated: String? { get }
    /// Why the step is skipped in a run that checks a change; `nil` if it runs. Nobody has approved yet what it would do.
    var reasonToSkipInChange: String? { get }
    /// How a Databricks job does the same.
    var onDatabricks: DatabricksTask { get }

    /// The shell command to run; `nil` if the kind is not a command.
    ///
    /// - Parameter action: the actions of the pipeline's other steps, by step name.
    func command(_ action: (String) -> Action?) -> String?

    /// What is wrong with it in the context of its pipeline's steps.
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
    package var reasonToSkipInChange: String? { nil }
    package func command(_ action: (String) -> Action?) -> String? { nil }
    package func problems(in step: Step, of steps: [Step], at mark: Mark?) -> [Problem] { [] }
}

/// A key of a step that selects its kind.
package struct ActionKey: Sendable {
    let field: Shape.Field
    /// Reads the key's value, which already has the field's shape. Adds problems and returns `nil` if something is
    /// wrong with it.
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

/// Whether an earlier result can be reused instead of running a step.
package enum ActionReuse: Sendable, Hashable {
    /// Reused if the step's key is the same. These texts are part of the key, by name, besides what the step reads.
    case keyed([String: String])
    case never(reason: String)
}

/// How a Databricks job does what a step does.
package enum DatabricksTask: Sendable, Hashable {
    case command(String)
    /// - Parameter missing: what Databricks does not do; completes "Databricks does not".
    case none(missing: String)
}
