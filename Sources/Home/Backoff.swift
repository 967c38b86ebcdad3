import Foundation

/// Seconds until something that failed is tried again: twice as many after each failure.
package func backoff(after failures: Int, atMost limit: Double) -> Double {
    min(limit, pow(2, Double(min(failures, 30))))
}
