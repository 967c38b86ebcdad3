/// How to start Espalier's own MLflow server: loopback, SQLite, one process.
public struct EmbeddedServer: Sendable, Hashable {
    /// A Python with MLflow's server.
    public let python: String
    /// Folder for its database and artifacts.
    public let folder: String
    public let port: Int

    public init(python: String, folder: String, port: Int) {
        self.python = python
        self.folder = folder
        self.port = port
    }

    public var url: String { "http://127.0.0.1:\(port)" }

    /// Runs the server's application without MLflow's launcher, which would add processes and leave orphans when
    /// killed.
    public var command: [String] {
        [
            python, "-m", "uvicorn", "--host", "127.0.0.1", "--port", String(port), "--log-level", "warning",
            "mlflow.server.fastapi_app:app",
        ]
    }

    /// The settings that MLflow's launcher (3.17) passes to its application.
    public var environment: [String: String] {
        let database = "sqlite:///\(folder)/mlflow.db"
        return [
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "_MLFLOW_SGI_NAME": "uvicorn",
            "_MLFLOW_SERVER_FILE_STORE": database,
            "_MLFLOW_SERVER_REGISTRY_STORE": database,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": "\(folder)/artifacts",
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        ]
    }
}
