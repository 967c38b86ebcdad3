import Foundation

/// How an attempt to deliver a message ended.
public enum Delivery: Sendable, Hashable {
    case taken
    /// Nobody answers, or not now: the same may be taken later.
    ///
    /// - Parameter wait: seconds that the other side asks for.
    case later(reason: String, wait: Double?)
    /// The other side says no to this message.
    case refused(reason: String)

    /// The answer of an HTTP server (RFC 9110, section 15).
    ///
    /// - Parameters:
    ///   - said: the start of its body.
    ///   - retryAfter: that header, in seconds; a date there counts for nothing.
    public static func http(status: Int, said: String, retryAfter: String) -> Delivery {
        let reason = "it answered \(status)" + (said.isEmpty ? "" : ": \(said)")
        switch status {
        case 200..<300: return .taken
        case 408, 425, 429, 500...:
            return .later(reason: reason, wait: Double(retryAfter).map { min(max(1, $0), 3_600) })
        case 300..<400: return .refused(reason: "\(reason); the address has moved, and is not followed")
        default: return .refused(reason: reason)
        }
    }

    /// The last answer of a mail server (RFC 5321, section 4.2): 4xx is for now, 5xx for good.
    public static func smtp(status: Int, trouble: String) -> Delivery {
        status / 100 == 5 ? .refused(reason: trouble) : .later(reason: trouble, wait: nil)
    }
}

/// What becomes of a message that was not taken.
public enum NextAttempt: Sendable, Hashable {
    case after(seconds: Double)
    case givenUp
}

/// Attempts of a message that is refused each time, and seconds that one may be under way at most.
public let attemptsWhenRefused = 4
public let longestOnTheWay = 3.0 * 86_400

/// - Parameters:
///   - attempts: this one included.
///   - age: seconds since it was due.
///   - pause: seconds to the next attempt after as many failures.
public func next(after delivery: Delivery, attempts: Int, age: Double, pause: Double) -> NextAttempt? {
    switch delivery {
    case .taken: nil
    case .refused: attempts >= attemptsWhenRefused ? .givenUp : .after(seconds: pause)
    case .later(_, let wait): age > longestOnTheWay ? .givenUp : .after(seconds: wait ?? pause)
    }
}
