import Cron
import Foundation

/// `on: { schedule: … }`: start at the moments of a cron expression, by these policies.
public struct ScheduleRule: Sendable, Hashable, Codable {
    /// What to do about moments that passed while nothing could fire them.
    public enum Misfire: String, Sendable, Codable, CaseIterable {
        case runOnce = "run-once"
        case runAll = "run-all"
        case skip
    }

    /// What to do about a moment that is due while a run of an earlier moment has not ended.
    public enum Overlap: String, Sendable, Codable, CaseIterable { case queue, skip, replace }

    private enum CodingKeys: String, CodingKey {
        case cron, timezone, environment, misfire, overlap, dst, after, jitter, start, end, catchUp
    }

    public let cron: CronExpression
    public let timezone: String
    public let environment: String
    public let misfire: Misfire
    public let overlap: Overlap
    public let dst: DaylightSaving
    /// Schedules whose fire for the same time has to pass first. Absent if there are none.
    public let after: [String]?
    /// Delays each fire by a fixed share of these seconds that differs between schedules. Absent for no delay.
    public let jitter: Int64?
    /// The first time at which a moment can be due.
    public let start: Date?
    /// The last time at which a moment can be due.
    public let end: Date?
    /// The maximum number of moments that `misfire: run-all` makes up at once. Absent for 100.
    public let catchUp: Int?

    /// The names under `after`.
    public var dependencies: [String] { after ?? [] }

    /// Whether both rules have the same moments, so that what one has decided holds for the other.
    public func hasSameMoments(as other: ScheduleRule) -> Bool {
        cron == other.cron && timezone == other.timezone && dst == other.dst && environment == other.environment
    }
}

extension Triggers {
    public var schedule: ScheduleRule? { rule(ScheduleRule.self) }
}

extension ScheduleRule {
    package init?(_ node: Node, _ problems: inout [Problem]) {
        timezone = node["timezone"]?.text ?? "UTC"
        environment = node["environment"]?.text ?? ""
        misfire = node["misfire"]?.text.flatMap(Misfire.init) ?? .runOnce
        overlap = node["overlap"]?.text.flatMap(Overlap.init) ?? .queue
        dst = node["dst"]?.text.flatMap(DaylightSaving.init) ?? .wallOnce
        after = node["after"]?.texts
        jitter = node["jitter"]?.seconds
        catchUp = node["catch_up"]?.integer
        start = node["start"]?.moment(key: "on.schedule.start", &problems)
        end = node["end"]?.moment(key: "on.schedule.end", &problems)
        if let start, let end, end < start {
            problems.append(
                Problem("the schedule ends before it starts", at: node["end"]?.mark, key: "on.schedule.end"))
        }
        if Zone(named: timezone) == nil {
            problems.append(
                Problem(
                    "'\(timezone)' is no time zone", at: node["timezone"]?.mark ?? node.mark,
                    key: "on.schedule.timezone",
                    hint: nearest(to: timezone, among: Zone.names)
                        .map { "did you mean '\($0)'?" } ?? "use an IANA name such as Europe/Berlin"))
        }
        do {
            cron = try CronExpression(node["cron"]?.text ?? "")
        } catch {
            problems.append(Problem("\(error)", at: node["cron"]?.mark ?? node.mark, key: "on.schedule.cron"))
            return nil
        }
    }
}

extension ScheduleRule: TriggerRule {
    package static let field = Shape.Field(
        "schedule",
        .object([
            .init("cron", .string, required: true, "Quartz cron: seconds minutes hours day month weekday [year]"),
            .init("timezone", .string, "IANA time zone; default UTC"),
            .init(
                "environment", .string, required: true,
                "environment that it runs in, and whose releases make it live"),
            .init(
                "misfire", .oneOf(Misfire.allCases.map(\.rawValue)),
                "what to do about moments missed; default run-once"),
            .init(
                "overlap", .oneOf(Overlap.allCases.map(\.rawValue)),
                "what to do when the last fire still runs; default queue"),
            .init("dst", .oneOf(DaylightSaving.allCases.map(\.rawValue)), "daylight saving rule; default wall-once"),
            .init(
                "after", .oneOrMany(.string),
                "schedules of the same environment whose fire must have passed first"),
            .init(
                "jitter", .duration,
                "spreads schedules of one moment: each comes later by its own fixed share of this"),
            .init("start", .string, "nothing is due before this moment: 2026-01-01T00:00:00Z"),
            .init("end", .string, "nothing is due after this moment"),
            .init(
                "catch_up", .integer(min: 1), "the most missed moments that run-all makes up at once; default 100"),
        ]), "a moment is due")

    package var environments: [String] { [environment] }

    package var onDatabricks: DatabricksTrigger {
        var lost = ["misfire"]
        if overlap == .replace { lost.append("overlap: replace") }
        if after?.isEmpty == false { lost.append("after") }
        if jitter != nil { lost.append("jitter") }
        if start != nil { lost.append("start") }
        if end != nil { lost.append("end") }
        if catchUp != nil { lost.append("catch_up") }
        // Databricks computes moments as Quartz does. In zones whose clocks never change, all `dst` settings agree.
        if dst != .quartz, !["UTC", "Etc/UTC", "GMT"].contains(timezone) { lost.append("dst: \(dst.rawValue)") }
        return .schedule(losing: lost)
    }

    /// Schedules that wait for a pipeline that is not a schedule of their environment, or that wait for each other.
    package static func problems(among pipelines: [Pipeline]) -> [Problem] {
        let schedules = pipelines.filter { $0.triggers.schedule != nil }
        var found: [Problem] = []
        for pipeline in schedules {
            guard let rule = pipeline.triggers.schedule, let after = rule.after, !after.isEmpty else { continue }
            let others = schedules.filter { $0.triggers.schedule?.environment == rule.environment }.map(\.name)
                .filter { $0 != pipeline.name }
            for name in after where !others.contains(name) {
                found.append(
                    Problem(
                        "'\(name)' is no other schedule of environment '\(rule.environment)'", at: pipeline.mark,
                        key: "on.schedule.after",
                        hint: nearest(to: name, among: others).map { "did you mean '\($0)'?" }
                            ?? "name a pipeline with on: { schedule: … } in the same environment"))
            }
        }
        let waits = schedules.compactMap { pipeline in
            pipeline.triggers.schedule?.after.map { (pipeline.name, $0) }
        }
        if let circle = circle(in: Dictionary(uniqueKeysWithValues: waits)), circle.count > 2 {
            found.append(
                Problem(
                    "the schedules wait for each other in a circle: \(circle.joined(separator: " → "))",
                    at: schedules.first { $0.name == circle[0] }?.mark, key: "on.schedule.after",
                    hint: "remove one of these names"))
        }
        return found
    }

    /// Parts of the cron expression that are ignored.
    package static func warnings(_ node: Node) -> [Problem] {
        guard let cron = node["cron"], let expression = try? CronExpression(cron.text ?? "") else { return [] }
        return expression.lints.map { Problem("\($0)", at: cron.mark, key: "on.schedule.cron") }
    }
}
