import Cron

/// The keys of `pipelines/*.yml`.
public enum PipelineFile {
    static let push = Shape.object([
        .init("environment", .oneOrMany(.string), required: true, "environments whose branches start this pipeline"),
        .init("branches", .oneOrMany(.string), "only these branches of them"),
        .init("paths", .oneOrMany(.string), "only when one of these paths changed"),
    ])

    static let change = Shape.object([
        .init("target", .oneOrMany(.string), required: true, "target branches of the changes to check"),
        .init("paths", .oneOrMany(.string), "only changes of one of these paths"),
        .init("environment", .string, required: true, "environment that the checks run in"),
    ])

    static let schedule = Shape.object([
        .init("cron", .string, required: true, "Quartz cron: seconds minutes hours day month weekday [year]"),
        .init("timezone", .string, "IANA time zone; default UTC"),
        .init("environment", .string, required: true, "environment that it runs in, and whose releases make it live"),
        .init(
            "misfire", .oneOf(ScheduleRule.Misfire.allCases.map(\.rawValue)),
            "what to do about moments missed; default run-once"),
        .init(
            "overlap", .oneOf(ScheduleRule.Overlap.allCases.map(\.rawValue)),
            "what to do when the last fire still runs; default queue"),
        .init("dst", .oneOf(DaylightSaving.allCases.map(\.rawValue)), "daylight saving rule; default wall-once"),
        .init("after", .oneOrMany(.string), "schedules of the same environment whose fire must have passed first"),
        .init("jitter", .duration, "spreads schedules of one moment: each comes later by its own fixed share of this"),
        .init("start", .string, "nothing is due before this moment: 2026-01-01T00:00:00Z"),
        .init("end", .string, "nothing is due after this moment"),
        .init("catch_up", .integer(min: 1), "the most missed moments that run-all makes up at once; default 100"),
    ])

    static let drift = Shape.object([
        .init("environment", .string, required: true, "environment whose drift starts it, and in which it runs"),
        .init("of", .oneOrMany(.string), "pipelines whose steps report the drift; default all of the environment"),
        .init("cooldown", .duration, "time from one start to the next; default 7d"),
        .init("at_most", .integer(min: 1), "starts within the window; default 4"),
        .init("window", .duration, "what at_most counts in; default 30d"),
    ])

    static let step = Shape.object([needs] + Action.keys.map(\.field) + stepFields)
    private static let needs = Shape.Field("needs", .oneOrMany(.string), "steps that must pass first")
    private static let stepFields: [Shape.Field] = [
        .init(
            "inputs", .oneOrMany(.string),
            "paths the step reads; a step that says so is reused when nothing it reads has changed"),
        .init(
            "data", .oneOrMany(.string), "datasets the step reads; their versions come from the environment's datasets:"
        ),
        .init("config", .oneOrMany(.string), "keys of config: that the step is given; default all of them"),
        .init("outputs", .oneOrMany(.string), "files or folders kept from $ESPALIER_OUTPUTS"),
        .init("tests", .string, "the output that is a JUnit report: quarantined tests in it do not block"),
        .init("monitor", .string, "the output that is a monitor report: drawn on the run's page"),
        .init("compute", .string, "a name under the environment's `compute`"),
        .init("env", .map(.string), "environment variables; values may hold ${steps.NAME.outputs.OUTPUT}"),
        .init("timeout", .duration, "how long the step may take; wins over its compute's"),
        .init(
            "retry", .object([.init("lost", .integer(min: 0), "retries after infrastructure loss; default 1")]),
            "what is tried again"),
    ]

    public static let shape = Shape.object([
        .init(
            "on",
            .object([
                .init("push", push, "a branch moved"),
                .init("change", change, "a merge was proposed"),
                .init("schedule", schedule, "a moment is due"),
                .init("drift", drift, "a step reported that the world has drifted from what the model learned"),
            ]), required: true, "what starts this pipeline"),
        .init(
            "concurrency",
            .object([
                .init("group", .string, "runs of one group never overlap"),
                .init(
                    "supersede", .oneOf(["none", "queued", "running"]),
                    "which older runs of the same branch a newer one replaces; default none"),
            ]), "how runs share the machine"),
        .init("model", .string, "the registered model it is about: one of the environment's; default their first"),
        .init("config", .map(.any), "configuration of this pipeline, laid over the environment's"),
        .init("timeout", .duration, "how long a whole run may take, from its first step's start"),
        .init("steps", .map(step), required: true, "the steps, each with what it needs"),
    ])
}
