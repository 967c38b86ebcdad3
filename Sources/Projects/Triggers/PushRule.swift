/// `on: { push: … }`: starts when a branch moves.
package struct PushRule: TriggerRule {
    package static let field = Shape.Field(
        "push",
        .object([
            .init(
                "environment", .oneOrMany(.string), required: true, "environments whose branches start this pipeline"),
            .init("branches", .oneOrMany(.string), "only these branches of the environments"),
            .init("paths", .oneOrMany(.string), "only when one of these paths changed"),
        ]), "a branch moved")

    package let environments: [String]
    package let branches: [Glob]
    package let paths: [Glob]

    package init?(_ node: Node, _ problems: inout [Problem]) {
        environments = node["environment"]?.texts ?? []
        branches = node["branches"]?.globs ?? []
        paths = node["paths"]?.globs ?? []
    }

    package var onDatabricks: DatabricksTrigger {
        .none(instead: "no push starts a Databricks job; have CI run it")
    }
}
