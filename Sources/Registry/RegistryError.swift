/// Why the registry did not do what it was asked.
public enum RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nobody answers, or answers that it cannot now. Trying again later may help.
    case unreachable(String, reason: String)
    /// It answered no.
    case refused(status: Int, code: String, message: String)
    case unreadable(String)

    public var description: String {
        switch self {
        case .unreachable(let url, let reason): "the MLflow server at \(url) cannot be reached: \(reason)"
        case .refused(let status, let code, let message): "MLflow refused (\(status) \(code)): \(message)"
        case .unreadable(let what): "MLflow answered something unexpected: \(what)"
        }
    }

    public var mayPass: Bool {
        if case .unreachable = self { true } else { false }
    }

    var code: String? {
        if case .refused(_, let code, _) = self { code } else { nil }
    }
}
