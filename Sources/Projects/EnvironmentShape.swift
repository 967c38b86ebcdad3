/// The keys of `environments/*.yml`.
public enum EnvironmentFile {
    /// The keys that any branch may set for itself. All others are privileged: they are read from the protected branch's own
    /// commit, or from the tip of the default branch.
    public static let free: Set<String> = ["config", "env", "lock"]

    /// Whether a branch cannot set the key for itself.
    static func isPrivileged(_ key: String) -> Bool { !free.contains(key) }

    static let aliases = Shape.object([
        .init("candidate", .string, "alias that `register` gives to each new version"),
        .init("incumbent", .string, "alias that `promote` moves to a better version"),
    ])

    static let registry = Shape.shorthand(
        .string,
        or: .object([
            .init("server", .string, "`embedded` (the daemon runs an MLflow server) or the URL of an existing one"),
            .init(
                "model", .oneOrMany(.string),
                "name of the registered model; with several, the first is the default for pipelines"),
            .init("aliases", aliases, "registry aliases of this environment"),
            .init("stage", .string, "legacy stage kept in step with the incumbent alias: Staging or Production"),
            .init(
                "rollback", .oneOf(["by-hand", "on-failed-health"]),
                "what happens when a scheduled run reports health=failed for the incumbent; default by-hand"),
            .init(
                "smoke", .string,
                "command that loads the model in ESPALIER_MODEL_URI and makes it predict, before a rollback; default: MLflow loads it and predicts on its input example"
            ),
        ]))

    static let databricks = Shape.object([
        .init("existing_cluster_id", .string, "id of an existing cluster"),
        .init("spark_version", .string, "runtime of the job's own cluster: 15.4.x-scala2.12"),
        .init("node_type_id", .string, "machine type of that cluster: Standard_DS3_v2"),
        .init("num_workers", .integer(min: 1), "number of workers besides the driver; default 1"),
        .init("policy_id", .string, "cluster policy that applies to it"),
    ])

    static let compute = Shape.object([
        .init("executor", .oneOf(Compute.executors), "where steps run; default local"),
        .init("cpus", .integer(min: 1), "processors a step may use"),
        .init("memory", .size, "memory a step may use; beyond it the step ends as out_of_memory"),
        .init("processes", .integer(min: 1), "processes and threads a step may have"),
        .init("timeout", .duration, "how long a step may take; default 1h"),
        .init("databricks", databricks, "the cluster to use in `espalier render terraform`"),
    ])

    static let dataset = Shape.shorthand(
        .string,
        or: .object([
            .init("path", .string, "a file, folder or Delta table; relative to the data root"),
            .init("version", .string, "a fixed version, for data that comes with a pinned package"),
        ]))

    static let fields: [Shape.Field] = [
        .init("protected", .flag, "this environment's branches may set privileged keys for themselves; default false"),
        .init("identity", .string, "service principal that its steps act as"),
        .init("config", .map(.any), "free configuration, given to steps as JSON"),
        .init("env", .map(.string), "environment variables of every step"),
        .init("compute", .map(compute), "named machine sizes; `default` applies to steps that name none"),
        .init("registry", registry, "the MLflow registry"),
        .init(
            "approvals", .object([.init("promote", .integer(min: 0), "by people other than the commit's author")]),
            "approvals that a promotion needs after its rules have passed; default 0"),
        .init(
            "gate", GateRules.shape,
            "its branches are gated: only changes whose checks passed get in; direct pushes are refused"),
        .init("quarantine", .list(QuarantinedTest.shape), "flaky tests that do not block until a given day"),
        .init("notify", .map(Channel.shape), "who is notified of what, by channel"),
        .init("sandbox", .oneOf(["required", "best-effort", "off"]), "bubblewrap around each step; default required"),
        .init("priority", .integer(min: 0), "higher goes first; default 20 for prod, 10 for staging, 0 for dev"),
        .init(
            "lock", .oneOrMany(.string),
            "files that pin the programs of every step; changing them changes every step's key"),
        .init("datasets", .map(dataset), "how the versions of the datasets in a step's `data:` are determined"),
        .init("data_root", .string, "folder for the environment's data; relative to the daemon's home"),
    ]

    /// `environments/NAME.yml`
    public static let shape = Shape.object(
        [.init("branches", .list(.string), "branch patterns that map to this environment")] + fields)

    /// `environments/project.yml`
    public static let projectShape = Shape.object(
        [
            .init("name", .string, "the project's name"),
            .init("default_branch", .string, "the branch whose tip is trusted; default main"),
        ] + fields)
}
