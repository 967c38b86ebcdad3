import Foundation

/// How to start Espalier's own MLflow server: SQLite, one process, on loopback or on a socket of its folder.
public struct EmbeddedServer: Sendable, Hashable {
    public enum Place: Sendable, Hashable {
        case port(Int)
        case socket
    }

    /// A Python with MLflow's server.
    public let python: String
    /// Folder for its database and artifacts.
    public let folder: String
    public let place: Place

    public init(python: String, folder: String, place: Place) {
        self.python = python
        self.folder = folder
        self.place = place
    }

    /// `nil` if it listens on a socket.
    public var url: String? {
        if case .port(let port) = place { "http://127.0.0.1:\(port)" } else { nil }
    }

    public var address: ServerAddress {
        switch place {
        case .port(let port): ServerAddress(place: .tcp(host: "127.0.0.1", port: port, hasTLS: false), prefix: "")
        case .socket: ServerAddress(place: .unixSocket("\(folder)/socket"), prefix: "")
        }
    }

    /// Whether there is its socket.
    public var isListening: Bool { FileManager.default.fileExists(atPath: "\(folder)/socket") }

    /// Runs the server's application without MLflow's launcher, which would add processes and leave orphans when
    /// killed. The socket is named from the folder that it starts in: such names are short.
    public var command: [String] {
        let listening =
            switch place {
            case .port(let port): ["--host", "127.0.0.1", "--port", String(port)]
            case .socket: ["--uds", "socket"]
            }
        return [python, "-m", "uvicorn"] + listening + ["--log-level", "warning", "mlflow.server.fastapi_app:app"]
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
