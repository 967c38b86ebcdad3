/// `on: { drift: … }`: starts when a run reports drift.
package struct DriftRule: TriggerRule {
    package static let field = Shape.Field(
        "drift",
        .object([
            .init("environment", .string, required: true, "environment whose drift starts it, and where it runs"),
            .init(
                "of", .oneOrMany(.string),
                "pipelines whose drift counts; default all of the environment"),
            .init("cooldown", .duration, "minimum time between two starts; default 7d"),
            .init("at_most", .integer(min: 1), "maximum number of starts within the window; default 4"),
            .init("window", .duration, "the period for at_most; default 30d"),
        ]), "a step reported that the data has drifted from what the model learned")

    package let environment: String
    /// The pipelines whose reports count. Empty: all pipelines of the environment.
    package let of: [String]
    /// Minimum seconds between two starts.
    package let cooldown: Int64
    /// Maximum number of starts within `window` seconds.
    package let atMost: Int
    package let window: Int64

    package init?(_ node: Node, _ problems: inout [Problem]) {
        environment = node["environment"]?.text ?? ""
        of = node["of"]?.texts ?? []
        cooldown = node["cooldown"]?.seconds ?? 7 * 86_400
        atMost = node["at_most"]?.integer ?? 4
        window = node["window"]?.seconds ?? 30 * 86_400
    }

    package var environments: [String] { [environment] }
    package var onDatabricks: DatabricksTrigger { .none(instead: nil) }

    /// Rules for drift that no pipeline can report.
    package static func problems(among pipelines: [Pipeline]) -> [Problem] {
        let names = pipelines.map(\.name)
        return pipelines.flatMap { pipeline in
            (pipeline.triggers.rule(Self.self)?.of ?? []).filter { !names.contains($0) }.map { name in
                Problem(
                    "there is no pipeline '\(name)'", at: pipeline.mark, key: "on.drift.of",
                    hint: nearest(to: name, among: names).map { "did you mean '\($0)'?" })
            }
        }
    }
}
