/// Why a delivery or an answer of a forge is unusable.
public enum ForgeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// When the same request may succeed.
    public enum Retry: Sendable, Hashable {
        case after(seconds: Int64)
        /// Seconds since 1970, by the forge's clock.
        case at(seconds: Int64)
    }

    /// - Parameters:
    ///   - what: the delivery or answer, such as "GitHub's push delivery".
    ///   - place: the key path, and what is wrong there.
    case unreadable(what: String, place: String)
    /// The forge refused, and will refuse again.
    case refused(status: Int, message: String)
    /// The forge cannot answer now, or limits the rate.
    case busy(status: Int, message: String, retry: Retry?)
    /// No answer. Created by the code that performs the request.
    case unreachable(url: String, reason: String)
    /// The settings are unusable: what is wrong, and what would be right.
    case misconfigured(String)

    /// Whether a retry may help.
    public var mayPass: Bool {
        switch self {
        case .busy, .unreachable: true
        case .unreadable, .refused, .misconfigured: false
        }
    }

    /// Whether the same request will be refused again even after tokens, rights and settings are fixed.
    public var isFinal: Bool {
        switch self {
        case .unreadable: true
        // Azure DevOps uses 203 instead of 401.
        case .refused(let status, _): ![203, 401, 403, 404].contains(status)
        case .busy, .unreachable, .misconfigured: false
        }
    }

    public var description: String {
        switch self {
        case .unreadable(let what, let place): "\(what) cannot be read: \(place)"
        case .refused(let status, let message): "the forge refused (\(status)): \(message)"
        case .busy(let status, let message, .none): "the forge cannot do it now (\(status)): \(message)"
        case .busy(let status, let message, .after(let seconds)):
            "the forge cannot do it now (\(status)): \(message); it asks to wait \(seconds) seconds"
        case .busy(let status, let message, .at(let seconds)):
            "the forge cannot do it now (\(status)): \(message); it asks to wait until Unix time \(seconds)"
        case .unreachable(let url, let reason): "the forge at \(url) cannot be reached: \(reason)"
        case .misconfigured(let problem): problem
        }
    }
}
