import Cron
import Foundation
import Projects

/// What a release would do to one schedule.
public struct ScheduleDifference: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable { case new, changed, removed, unchanged }

    public let name: String
    public let kind: Kind
    /// The keys whose values differ, in documentation order.
    public let changes: [String]
    /// The next due time before and after the release.
    public let nextBefore: Date?
    public let nextAfter: Date?
}

/// Compares the live schedules of an environment with those of a release.
public func differences(from live: [String: ScheduleRule], to planned: [String: ScheduleRule], now: Date)
    -> [ScheduleDifference]
{
    Set(live.keys).union(planned.keys).sorted().map { name in
        let (old, new) = (live[name], planned[name])
        let changes = old.flatMap { old in new.map { old.changes(to: $0) } } ?? []
        let kind: ScheduleDifference.Kind =
            old == nil ? .new : new == nil ? .removed : changes.isEmpty ? .unchanged : .changed
        return ScheduleDifference(
            name: name, kind: kind, changes: changes, nextBefore: old?.due(after: now, now: now).next,
            nextAfter: new?.due(after: now, now: now).next)
    }
}

extension ScheduleRule {
    fileprivate func changes(to other: ScheduleRule) -> [String] {
        func change(_ key: String, _ value: (ScheduleRule) -> String?) -> String? {
            let (before, after) = (value(self), value(other))
            return before == after ? nil : "\(key): \(before ?? "none") → \(after ?? "none")"
        }
        return [
            change("cron", \.cron.text), change("timezone", \.timezone), change("dst", \.dst.rawValue),
            change("misfire", \.misfire.rawValue), change("overlap", \.overlap.rawValue),
            change("after") { $0.after?.joined(separator: ", ") },
            change("jitter") { $0.jitter.map { "\($0) s" } },
            change("start") { $0.start?.formatted(.iso8601) }, change("end") { $0.end?.formatted(.iso8601) },
            change("catch_up") { $0.catchUp.map(String.init) },
            change("live_after") { $0.liveAfter?.joined(separator: ", ") },
        ].compactMap(\.self)
    }
}
