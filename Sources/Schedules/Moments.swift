import Cron
import Foundation
import Projects

/// A moment that is noticed at most this many seconds late is on time.
public let onTime: TimeInterval = 60

/// Missed moments are counted up to this number: a schedule that fires every second misses 31 million in a year.
public let countedMoments = 10_000

/// Why a moment is skipped.
public enum SkipReason: Sendable, Hashable, CustomStringConvertible {
    /// Noticed too late for `misfire: skip`.
    case late
    /// More moments were missed than `catch_up` allows.
    case tooMany(catchUp: Int)
    /// An earlier moment had not ended. `run` is its run, if it had one yet.
    case overlap(run: Int64?)
    case paused(by: String)
    /// A schedule in its `after:` will not fire for this moment.
    case dependency(String, why: String)
    case retired

    public var description: String {
        switch self {
        case .late: "it was noticed more than \(Int(onTime)) s late (misfire: skip)"
        case .tooMany(let catchUp): "more moments were missed than catch_up allows (\(catchUp))"
        case .overlap(let run?): "run \(run) of an earlier moment had not ended (overlap: skip)"
        case .overlap(nil): "an earlier moment was about to run (overlap: skip)"
        case .paused(let who): "the schedule was paused by \(who)"
        case .dependency(let name, let why): "\(name), which it waits for (after:), \(why)"
        case .retired: "a release without the schedule went live before it could start"
        }
    }
}

/// One moment of a schedule, and the decision about it.
public struct Moment: Sendable, Hashable {
    public let logicalTime: Date
    /// Nil if it fires.
    public let skipped: SkipReason?
    /// Misfires that have no record of their own: moments between the last decided one and this one. At most
    /// ``countedMoments``.
    public let missed: Int

    public init(_ logicalTime: Date, skipped: SkipReason? = nil, missed: Int = 0) {
        self.logicalTime = logicalTime
        self.skipped = skipped
        self.missed = missed
    }
}

/// A moment that has fired and not ended.
public struct UnendedFire: Sendable, Hashable {
    /// Nil until it is planned.
    public let run: Int64?

    public init(run: Int64?) { self.run = run }
}

/// What a live schedule must do now.
public struct Due: Sendable, Hashable {
    /// Oldest first.
    public let moments: [Moment]
    /// When to look again; nil if it is never due again.
    public let next: Date?
}

extension ScheduleRule {
    /// Decides what happens to the moments that are due.
    ///
    /// - Parameters:
    ///   - last: everything up to this moment has been decided.
    ///   - now: the current time. If it is before `last`, because the clock was set back, nothing is due.
    ///   - delay: jitter in seconds; see ``delay(of:)``.
    ///   - unended: an earlier moment whose run has not ended.
    public func due(after last: Date, now: Date, delay: TimeInterval = 0, unended: UnendedFire? = nil) -> Due {
        guard let zone = Zone(named: timezone) else { return Due(moments: [], next: nil) }
        let start = start.map { $0.addingTimeInterval(-1) } ?? .distantPast
        let (since, until) = (max(last, start), min(now.addingTimeInterval(-delay), end ?? .distantFuture))
        let next = cron.next(after: max(since, now.addingTimeInterval(-delay)), in: zone, dst: dst)
            .flatMap { $0 > end ?? .distantFuture ? nil : $0.addingTimeInterval(delay) }
        var moments = chosen(since: since, until: until, isLate: { now.timeIntervalSince($0) - delay > onTime }, zone)
        if overlap == .skip, let unended {
            moments = moments.map {
                Moment($0.logicalTime, skipped: $0.skipped ?? .overlap(run: unended.run), missed: $0.missed)
            }
        }
        return Due(moments: moments, next: next)
    }

    private func chosen(since: Date, until: Date, isLate: (Date) -> Bool, _ zone: Zone) -> [Moment] {
        let most = misfire == .runAll ? catchUp ?? 100 : 1
        var latest: [Date] = []
        var moment = until
        while let found = cron.previous(through: moment, in: zone, dst: dst), found > since {
            // A moment that is on time fires, whatever the misfire policy says.
            guard latest.count < most || (misfire == .skip && !isLate(found)) else { break }
            latest.insert(found, at: 0)
            moment = found.addingTimeInterval(-1)
        }
        guard let first = latest.first else { return [] }
        let missed = cron.fires(
            after: since, through: first.addingTimeInterval(-1), in: zone, dst: dst, limit: countedMoments
        ).count
        switch misfire {
        case .runOnce: return [Moment(first, missed: missed)]
        case .skip:
            return latest.map { Moment($0, skipped: isLate($0) ? .late : nil, missed: $0 == first ? missed : 0) }
        case .runAll:
            guard missed > 0, let before = cron.previous(through: moment, in: zone, dst: dst) else {
                return latest.map { Moment($0) }
            }
            return [Moment(before, skipped: .tooMany(catchUp: most), missed: missed - 1)] + latest.map { Moment($0) }
        }
    }

    /// The latest moment that is not after `time`. A schedule that names this one in `after:` waits for it.
    public func lastMoment(through time: Date) -> Date? {
        guard let zone = Zone(named: timezone) else { return nil }
        let found = cron.previous(through: min(time, end ?? .distantFuture), in: zone, dst: dst)
        return found.flatMap { $0 < start ?? .distantPast ? nil : $0 }
    }

    /// The fixed delay of this schedule within its jitter, in whole seconds. Names spread evenly.
    ///
    /// - Parameter name: the schedule with its project. Source of the hash: FNV-1a, 64 bits.
    public func delay(of name: String) -> TimeInterval {
        guard let jitter, jitter > 0 else { return 0 }
        let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return TimeInterval((hash ^ (hash >> 32)) % UInt64(jitter))
    }
}
