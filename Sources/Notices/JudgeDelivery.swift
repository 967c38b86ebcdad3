import Foundation

/// The result of one attempt to deliver a message.
public enum Delivery: Sendable, Hashable {
    case taken
    /// No answer, or a temporary refusal: a retry may succeed.
    ///
    /// - Parameter wait: seconds that the other side asks to wait.
    case later(reason: String, wait: Double?)
    /// The other side refuses this message.
    case refused(reason: String)

    /// Judges the answer of an HTTP server (RFC 9110, section 15).
    ///
    /// - Parameters:
    ///   - said: the start of its body.
    ///   - retryAfter: that header, in seconds. A date in it is ignored.
    public static func http(status: Int, said: String, retryAfter: String) -> Delivery {
        let reason = "it answered \(status)" + (said.isEmpty ? "" : ": \(said)")
        switch status {
        case 200..<300: return .taken
        case 408, 425, 429, 500...:
            return .later(reason: reason, wait: Double(retryAfter).map { min(max(1, $0), 3_600) })
        case 300..<400: return .refused(reason: "\(reason); redirects are not followed: correct the address")
        default: return .refused(reason: reason)
        }
    }

    /// Judges the last answer of a mail server (RFC 5321, section 4.2): 4xx is temporary, 5xx is permanent.
    public static func smtp(status: Int, trouble: String) -> Delivery {
        status / 100 == 5 ? .refused(reason: trouble) : .later(reason: trouble, wait: nil)
    }
}

/// What to do with a message after an attempt.
public enum NextAttempt: Sendable, Hashable {
    case after(seconds: Double)
    case givenUp
}

/// Attempts after which a message that is refused each time is given up.
public let attemptsWhenRefused = 4
/// Seconds for which an unaccepted message is retried.
public let longestOnTheWay = 3.0 * 86_400

/// - Parameters:
///   - attempts: including this one.
///   - age: seconds since it was due.
///   - pause: seconds to the next attempt after this many failures.
public func next(after delivery: Delivery, attempts: Int, age: Double, pause: Double) -> NextAttempt? {
    switch delivery {
    case .taken: nil
    case .refused: attempts >= attemptsWhenRefused ? .givenUp : .after(seconds: pause)
    case .later(_, let wait): age > longestOnTheWay ? .givenUp : .after(seconds: wait ?? pause)
    }
}
