/// The keys of `pipelines/*.yml`.
public enum PipelineFile {
    static let step = Shape.object([needs] + Action.keys.map(\.field) + stepFields)
    private static let needs = Shape.Field("needs", .oneOrMany(.string), "steps that must pass first")
    private static let stepFields: [Shape.Field] = [
        .init(
            "inputs", .oneOrMany(.string),
            "paths the step reads; a step that lists them is reused when nothing it reads has changed"),
        .init(
            "data", .oneOrMany(.string), "datasets the step reads; their versions come from the environment's datasets:"
        ),
        .init("config", .oneOrMany(.string), "keys of config: that the step gets; default all"),
        .init("outputs", .oneOrMany(.string), "files or folders kept from $ESPALIER_OUTPUTS"),
        .init("tests", .string, "the output with a JUnit report; quarantined tests in it do not block"),
        .init("monitor", .string, "the output with a monitor report, drawn on the run's page"),
        .init("compute", .string, "a name under the environment's `compute`"),
        .init(
            "isolated", .flag,
            "no network and no data; its result in a change or on a branch is reused for the same tree in a protected "
                + "environment"),
        .init("env", .map(.string), "environment variables; values may hold ${steps.NAME.outputs.OUTPUT}"),
        .init("timeout", .duration, "how long the step may take; overrides its compute's"),
        .init(
            "retry", .object([.init("lost", .integer(min: 0), "retries after infrastructure loss; default 1")]),
            "what is retried"),
    ]

    public static let shape = Shape.object([
        .init(
            "on",
            .object(Triggers.kinds.map { $0.field }), required: true, "what starts this pipeline"),
        .init(
            "concurrency",
            .object([
                .init("group", .string, "runs of one group never overlap"),
                .init(
                    "supersede", .oneOf(["none", "queued", "running"]),
                    "which older runs of the same branch a newer run supersedes; default none"),
            ]), "how runs share the machine"),
        .init("model", .string, "the registered model it is about, one of the environment's; default the first"),
        .init("config", .map(.any), "configuration of this pipeline, merged over the environment's"),
        .init("timeout", .duration, "how long a whole run may take, from its first step's start"),
        .init("steps", .map(step), required: true, "the steps, each with what it needs"),
    ])
}
