/// `on: { change: … }`: starts when a change is proposed for a branch.
package struct ChangeRule: TriggerRule {
    package static let field = Shape.Field(
        "change",
        .object([
            .init("target", .oneOrMany(.string), required: true, "target branches of the changes to check"),
            .init("paths", .oneOrMany(.string), "only changes that touch one of these paths"),
            .init("environment", .string, required: true, "environment that the checks run in"),
        ]), "a change was proposed")

    package let targets: [Glob]
    package let environment: String
    /// Only changes of these paths. Empty: all changes.
    package let paths: [Glob]

    package init?(_ node: Node, _ problems: inout [Problem]) {
        targets = node["target"]?.globs ?? []
        environment = node["environment"]?.text ?? ""
        paths = node["paths"]?.globs ?? []
    }

    package var environments: [String] { [environment] }
    package var onDatabricks: DatabricksTrigger {
        .none(instead: "no change starts a Databricks job; have CI run it")
    }
}
