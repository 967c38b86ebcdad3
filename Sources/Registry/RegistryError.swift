/// Why a registry request failed.
public enum RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No answer, or the server cannot answer now. A retry may help.
    case unreachable(String, reason: String)
    /// The server refused. `server` is its address, without a password.
    case refused(server: String, status: Int, code: String, message: String)
    case unreadable(String)
    /// A name that names no model. The sentence says what to write.
    case noModel(String)

    public var description: String {
        switch self {
        case .unreachable(let url, let reason): "the MLflow server at \(url) cannot be reached: \(reason)"
        case .refused(let server, let status, let code, let message):
            "the MLflow server at \(server) refused (\([String(status), code].filter { !$0.isEmpty }.joined(separator: " "))): "
                + message + advice(status, code)
        case .noModel(let what): what
        case .unreadable(let what): "MLflow answered something unexpected: \(what)"
        }
    }

    private func advice(_ status: Int, _ code: String) -> String {
        switch status {
        case 401, 403:
            "; write name:password@ into the server's address, or set MLFLOW_TRACKING_TOKEN for the daemon, which sends it to "
                + "servers that the default branch names"
        case 404 where code.isEmpty: "; there is no MLflow API there: check the path of the server's address"
        default: ""
        }
    }

    /// There is no such model, version or alias.
    public var isAbsence: Bool { code == "RESOURCE_DOES_NOT_EXIST" }

    public var mayPass: Bool {
        if case .unreachable = self { true } else { false }
    }

    var code: String? {
        if case .refused(_, _, let code, _) = self { code } else { nil }
    }
}
