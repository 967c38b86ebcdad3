import Foundation

extension CronExpression {
    /// The latest due moment that is not after `instant`; `nil` when there is none.
    public func previous(through instant: Date, in zone: TimeZone, dst: DaylightSaving = .wallOnce) -> Date? {
        for seconds: TimeInterval in [1, 61, 3_601, 90_000, 700_000, 2_800_000, 32_000_000, 260_000_000, 4_200_000_000]
        {
            let found = fires(
                after: instant.addingTimeInterval(-seconds), through: instant, in: zone, dst: dst, limit: 100_000)
            if let last = found.last { return last }
        }
        return nil
    }
}
