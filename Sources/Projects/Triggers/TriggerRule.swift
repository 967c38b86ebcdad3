/// A key of `on:`: when something starts a pipeline.
///
/// A new trigger is a file here and a line in `Triggers.kinds`, and its event (see `EventKind`, `StartingEvent`).
package protocol TriggerRule: Hashable, Sendable {
    /// The key, its shape and what it is about.
    static var field: Shape.Field { get }

    /// - Parameter node: of the field's shape.
    /// - Returns: `nil` when something is wrong with it, which it has added to the problems.
    init?(_ node: Node, _ problems: inout [Problem])

    /// The environments that the pipeline runs in because of it.
    var environments: [String] { get }
    /// The patterns of paths that decide whether it starts the pipeline.
    var paths: [Glob] { get }
    /// How a job of Databricks does it.
    var onDatabricks: DatabricksTrigger { get }

    /// What is wrong with the rules of this kind beside the project's other pipelines.
    static func problems(among pipelines: [Pipeline]) -> [Problem]

    /// What works, but most likely not as it was meant.
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
    /// - Parameter losing: the keys that it does not have.
    case schedule(losing: [String])
    /// - Parameter instead: what to do about it.
    case none(instead: String?)
}
