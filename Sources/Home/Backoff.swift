import Foundation

/// Seconds until the next attempt: doubles with each failure, up to `limit`.
package func backoff(after failures: Int, atMost limit: Double) -> Double {
    min(limit, pow(2, Double(min(failures, 30))))
}
