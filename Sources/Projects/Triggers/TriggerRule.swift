/// A key of `on:`: a kind of event that starts a pipeline.
///
/// A new trigger needs a file here, a line in `Triggers.kinds`, and its event (see `EventKind`, `StartingEvent`).
package protocol TriggerRule: Hashable, Sendable {
    /// The key with its shape and description.
    static var field: Shape.Field { get }

    /// - Parameter node: already of the field's shape.
    /// - Returns: `nil` if something is wrong with it, which is added to the problems.
    init?(_ node: Node, _ problems: inout [Problem])

    /// The environments that the pipeline runs in through this trigger.
    var environments: [String] { get }
    /// The path patterns that decide whether it starts the pipeline.
    var paths: [Glob] { get }
    /// How a Databricks job does it.
    var onDatabricks: DatabricksTrigger { get }

    /// What is wrong with rules of this kind in the context of the project's pipelines.
    static func problems(among pipelines: [Pipeline]) -> [Problem]

    /// Problems that do not prevent a run, but are most likely mistakes.
    ///
    /// - Parameter node: of any shape.
    static func warnings(_ node: Node) -> [Problem]
}

extension TriggerRule {
    package static var key: String { field.name }
    package var key: String { Self.field.name }

    package var paths: [Glob] { [] }
    package static func problems(among pipelines: [Pipeline]) -> [Problem] { [] }
    package static func warnings(_ node: Node) -> [Problem] { [] }
}

/// How to start a Databricks job in the same way.
package enum DatabricksTrigger: Sendable, Hashable {
    /// By its `schedule`.
    ///
    /// - Parameter losing: the keys that Databricks does not have.
    case schedule(losing: [String])
    /// - Parameter instead: what to do instead.
    case none(instead: String?)
}
