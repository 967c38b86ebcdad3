import Events
import Formats
import Foundation
import Projects

/// A schedule was due, or a person asked for one of its moments.
package struct FireTrigger: TriggerKind {
    package static let tag = "fire"

    /// Row id of the stored fire. Repeats of a fire share it.
    package let id: Int64
    package let schedule: String
    package let time: Date
    /// The backfill that asked for the moment. Absent if the schedule itself fired.
    package let backfill: Backfilling?

    package var sentence: String {
        "fire of \(schedule) for \(time.formatted(.iso8601))" + (backfill.map { ", backfill \($0.number)" } ?? "")
    }
    package var logicalTime: Date? { time }
    package var reasonToRunAnew: String? { "a fire stands for a moment of its own" }
    /// Moments of a schedule can come from several releases. Moments of a backfill do not replace each other.
    package var succession: Succession {
        backfill == nil
            ? Succession(subject: "schedule", spansBranches: true) : Succession(subject: "backfill", replaces: false)
    }
    package var mayReportDrift: Bool { backfill == nil }
    /// Backfills are not urgent.
    package var priority: Int { backfill == nil ? 0 : -5 }

    /// Fires of a schedule never overlap: they queue, or the newer replaces the older. Moments of a backfill can
    /// overlap, unless the pipeline names its own group.
    package func concurrency(of pipeline: Pipeline) -> Concurrency {
        let group = pipeline.concurrency.group
        guard backfill == nil else { return Concurrency(group: group, supersede: .none) }
        return Concurrency(
            group: group ?? "schedule \(pipeline.name)",
            supersede: pipeline.triggers.schedule?.overlap == .replace ? .running : .none)
    }
}

extension FireTrigger {
    private enum CodingKeys: String, CodingKey { case id, schedule, logicalTime, backfill }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try values.decode(Int64.self, forKey: .id), schedule: try values.decode(String.self, forKey: .schedule),
            time: try values.decode(UnixTime.self, forKey: .logicalTime).date,
            backfill: try values.decodeIfPresent(Backfilling.self, forKey: .backfill))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(schedule, forKey: .schedule)
        try values.encode(UnixTime(time), forKey: .logicalTime)
        try values.encodeIfPresent(backfill, forKey: .backfill)
    }
}

extension Trigger {
    /// - Parameter backfill: the backfill that asked for the moment. Absent if the schedule itself fired.
    public static func fire(id: Int64, schedule: String, logicalTime: Date, backfill: Backfilling?) -> Trigger {
        Trigger(FireTrigger(id: id, schedule: schedule, time: logicalTime, backfill: backfill))
    }

    /// The fire that the run belongs to, if there is one.
    package var fire: FireTrigger? { self.as(FireTrigger.self) }
}

extension FireRequest: StartingEvent {
    package typealias Started = FireTrigger

    package func match(_ pipeline: Pipeline, _ facts: CommitFacts) -> Match {
        guard let rule = pipeline.triggers.schedule else { return .skipped(.notTriggered(by: "schedule")) }
        guard pipeline.name == schedule else { return .skipped(.otherSchedule) }
        return .starts(
            environment: rule.environment,
            .fire(id: fire, schedule: schedule, logicalTime: logicalTime, backfill: backfill))
    }
}

extension NonRun {
    package static let otherSchedule = NonRun("otherSchedule", "another schedule fired")
}
