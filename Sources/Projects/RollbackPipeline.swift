extension Pipeline {
    /// The pipeline behind `espalier rollback`: it loads the version, makes it predict, and makes it the incumbent
    /// again.
    ///
    /// - Parameter command: tries the version. Absent: MLflow loads it and predicts on its own input example.
    public static func rollback(trying command: String?) -> Pipeline {
        Pipeline(
            name: "rollback", triggers: Triggers(),
            concurrency: Concurrency(group: nil, supersede: .none), model: nil, config: nil, timeout: nil,
            steps: [
                Step("smoke", needs: [], .run(command: command ?? standardSmoke)),
                Step("restore", needs: ["smoke"], Action(RestoreAction())),
            ],
            mark: Mark(file: "built in", line: 1, column: 1))
    }

    private static let standardSmoke = """
        python -c 'import os, mlflow
        model = mlflow.pyfunc.load_model(os.environ["ESPALIER_MODEL_URI"])
        example = model.input_example
        if example is None:
            print("loaded; it was logged without an input example, so nothing was predicted")
        else:
            print(f"loaded; of its input example it predicts {model.predict(example)!r}")'
        """
}

extension Step {
    fileprivate init(_ name: String, needs: [String], _ action: Action) {
        self.init(
            name: name, needs: needs, action: action, inputs: [], data: [], config: nil, outputs: [], tests: nil,
            monitor: nil, compute: nil, env: [:], timeout: nil, retriesWhenLost: 1, isIsolated: false)
    }
}
