import Foundation
import Testing

@testable import Cron

/// A zone by name; a test that names an unknown one fails there.
func zone(_ name: String) throws -> Zone { try #require(Zone(named: name)) }

/// `2024-03-31 02:30:00`, a time in UTC.
func utc(_ text: String) throws -> Date {
    try Date(text.replacing(" ", with: "T") + "Z", strategy: .iso8601)
}

/// A date as UTC, `2024-03-31 02:30:00`.
func utc(_ date: Date) -> String {
    date.formatted(.iso8601).replacing("T", with: " ").replacing("Z", with: "")
}

/// A date as the clock of a zone shows it, with its offset in minutes: `2024-03-31 03:00:00 +120`.
func wall(_ date: Date, _ zone: Zone) -> String {
    let offset = zone.offset(at: date)
    return utc(date.addingTimeInterval(Double(offset))) + (offset < 0 ? " -" : " +") + String(abs(offset) / 60)
}
