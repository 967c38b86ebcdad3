/// A key of `on:`: when a pipeline is started.
///
/// A new trigger is a file here and a line in `Triggers.kinds`, and its event (see `EventKind`, `StartingEvent`).
package protocol TriggerRule: Hashable, Sendable {
    /// The key, its shape and its documentation.
    static var field: Shape.Field { get }

    /// - Parameter node: of the field's shape.
    /// - Returns: `nil` when it has added a problem.
    init?(_ node: Node, _ problems: inout [Problem])

    /// The environments in which this trigger runs the pipeline.
    var environments: [String] { get }
    /// Path patterns that decide whether it starts the pipeline.
    var paths: [Glob] { get }
    /// How a Databricks job does the same.
    var onDatabricks: DatabricksTrigger { get }

    /// Problems of this kind of rule in relation to the project's other pipelines.
    static func problems(among pipelines: [Pipeline]) -> [Problem]

    /// Valid settings that are probably a mistake.
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

/// How a Databricks job is started the same way.
package enum DatabricksTrigger: Sendable, Hashable {
    /// By its `schedule`.
    ///
    /// - Parameter losing: the keys that have no equivalent there.
    case schedule(losing: [String])
    /// - Parameter instead: what to do instead.
    case none(instead: String?)
}
