/// What a field of a call may hold. Fields that are not listed are refused.
indirect enum FieldShape: Sendable {
    /// Text, a number or a truth value that means nothing to us.
    case scalar
    case list(FieldShape)
    case object([String: FieldShape])
    /// Keys and values, none of them the door's own.
    case tags
    case tagKey
    case experiment, experimentName, registeredModel
    case run(DoorNeed.Access)
    case model(DoorNeed.Access)
    /// A filter of model versions, which gets narrowed to the environment's own.
    case versionFilter
}

/// A call that steps may make.
struct AllowedCall: Sendable {
    let method: String
    /// Below `api/2.0/mlflow`. `{own}` and `{read}` stand for logged models.
    let path: [String]
    /// In the query of a GET, in the body of others.
    let fields: [String: FieldShape]
    let required: [String]
    /// Whether it makes something, which is then marked as the run's own.
    let makes: Bool

    init(
        _ method: String, _ path: String, _ fields: [String: FieldShape], required: [String] = [], makes: Bool = false
    ) {
        self.method = method
        self.path = path.split(separator: "/").map(String.init)
        self.fields = fields
        self.required = required
        self.makes = makes
    }

    /// What MLflow's own client (3.17) asks when it logs, searches what was logged, and loads models.
    static let all = experiments + runs + loggedModels + registeredModels

    private static let experiments = [
        AllowedCall(
            "GET", "experiments/get-by-name", ["experiment_name": .experimentName], required: ["experiment_name"]),
        AllowedCall("GET", "experiments/get", ["experiment_id": .experiment], required: ["experiment_id"]),
        AllowedCall("POST", "experiments/create", ["name": .experimentName], required: ["name"]),
    ]

    private static let runs = [
        AllowedCall(
            "POST", "runs/create",
            [
                "experiment_id": .experiment, "user_id": .scalar, "run_name": .scalar, "start_time": .scalar,
                "tags": .tags,
            ],
            required: ["experiment_id"], makes: true),
        ofRun("POST", "runs/update", ["status": .scalar, "end_time": .scalar, "run_name": .scalar]),
        ofRun("POST", "runs/log-metric", metric),
        ofRun("POST", "runs/log-parameter", pair),
        ofRun(
            "POST", "runs/log-batch",
            [
                "metrics": .list(.object(metric.merging(["run_id": .run(.write)]) { $1 })),
                "params": .list(.object(pair)),
                "tags": .tags,
            ]),
        ofRun("POST", "runs/set-tag", ["key": .tagKey, "value": .scalar]),
        ofRun("POST", "runs/delete-tag", ["key": .tagKey]),
        ofRun("POST", "runs/log-model", ["model_json": .scalar]),
        ofRun(
            "POST", "runs/log-inputs",
            ["datasets": .list(dataset), "models": .list(.object(["model_id": .model(.read)]))]),
        ofRun("POST", "runs/outputs", ["models": .list(.object(["model_id": .model(.write), "step": .scalar]))]),
        AllowedCall("GET", "runs/get", ["run_id": .run(.read)], required: ["run_id"]),
        AllowedCall(
            "GET", "metrics/get-history",
            ["run_id": .run(.read), "metric_key": .scalar, "max_results": .scalar, "page_token": .scalar],
            required: ["run_id"]),
        AllowedCall(
            "POST", "runs/search", search.merging(["run_view_type": .scalar]) { $1 }, required: ["experiment_ids"]),
    ]

    private static let loggedModels = [
        AllowedCall(
            "POST", "logged-models",
            [
                "experiment_id": .experiment, "name": .scalar, "model_type": .scalar, "source_run_id": .run(.write),
                "params": .list(.object(pair)), "tags": .tags,
            ],
            required: ["experiment_id"], makes: true),
        AllowedCall("GET", "logged-models/{read}", [:]),
        AllowedCall("PATCH", "logged-models/{own}", ["model_id": .model(.write), "status": .scalar]),
        AllowedCall("PATCH", "logged-models/{own}/tags", ["model_id": .model(.write), "tags": .tags]),
        AllowedCall(
            "POST", "logged-models/{own}/params", ["model_id": .model(.write), "params": .list(.object(pair))]),
        AllowedCall("POST", "logged-models/search", search, required: ["experiment_ids"]),
    ]

    private static let registeredModels = [
        AllowedCall("GET", "registered-models/get", ["name": .registeredModel], required: ["name"]),
        AllowedCall(
            "GET", "registered-models/alias", ["name": .registeredModel, "alias": .scalar], required: ["name"]),
        AllowedCall(
            "POST", "registered-models/get-latest-versions", ["name": .registeredModel, "stages": .list(.scalar)],
            required: ["name"]),
        AllowedCall("GET", "model-versions/get", ["name": .registeredModel, "version": .scalar], required: ["name"]),
        AllowedCall(
            "GET", "model-versions/get-download-uri", ["name": .registeredModel, "version": .scalar],
            required: ["name"]),
        AllowedCall(
            "GET", "model-versions/search",
            ["filter": .versionFilter, "max_results": .scalar, "order_by": .list(.scalar), "page_token": .scalar],
            required: ["filter"]),
    ]

    private static func ofRun(_ method: String, _ path: String, _ fields: [String: FieldShape]) -> AllowedCall {
        AllowedCall(method, path, fields.merging(["run_id": .run(.write)]) { $1 }, required: ["run_id"])
    }

    private static let pair: [String: FieldShape] = ["key": .scalar, "value": .scalar]
    private static let metric: [String: FieldShape] = [
        "key": .scalar, "value": .scalar, "timestamp": .scalar, "step": .scalar, "model_id": .model(.write),
        "dataset_name": .scalar, "dataset_digest": .scalar,
    ]
    private static let dataset = FieldShape.object([
        "tags": .list(.object(pair)),
        "dataset": .object([
            "name": .scalar, "digest": .scalar, "source_type": .scalar, "source": .scalar, "schema": .scalar,
            "profile": .scalar,
        ]),
    ])
    private static let search: [String: FieldShape] = [
        "experiment_ids": .list(.experiment), "filter": .scalar, "max_results": .scalar, "page_token": .scalar,
        "order_by": .list(.scalar),
        "datasets": .list(.object(["dataset_name": .scalar, "dataset_digest": .scalar])),
    ]
}
