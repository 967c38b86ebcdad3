import Cron
import Foundation

/// `on: { schedule: … }`: starts at the moments of a cron expression, subject to these policies.
public struct ScheduleRule: Sendable, Hashable, Codable {
    /// What happens to moments that were missed.
    public enum Misfire: String, Sendable, Codable, CaseIterable {
        case runOnce = "run-once"
        case runAll = "run-all"
        case skip
    }

    /// What happens to a due moment while an earlier moment's run has not ended.
    public enum Overlap: String, Sendable, Codable, CaseIterable { case queue, skip, replace }

    private enum CodingKeys: String, CodingKey {
        case cron, timezone, environment, misfire, overlap, dst, after, jitter, start, end, catchUp, liveAfter
    }

    public let cron: CronExpression
    public let timezone: String
    public let environment: String
    public let misfire: Misfire
    public let overlap: Overlap
    public let dst: DaylightSaving
    /// Schedules whose fire for the same time must pass first. Absent: none.
    public let after: [String]?
    /// Delays each fire by a part of these seconds that is fixed for the schedule. Absent: none.
    public let jitter: Int64?
    /// Nothing is due before this time.
    public let start: Date?
    /// Nothing is due after this time.
    public let end: Date?
    /// Maximum number of moments that `misfire: run-all` makes up at once. Absent: 100.
    public let catchUp: Int?
    /// The pipelines of a push that must pass before the schedule goes live. Absent: those about its model.
    public let liveAfter: [String]?

    /// The names under `after`.
    public var dependencies: [String] { after ?? [] }

    /// Whether the two rules have the same moments, so that what one has decided also holds for the other.
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
        liveAfter = node["live_after"]?.texts
        start = node["start"]?.moment(key: "on.schedule.start", &problems)
        end = node["end"]?.moment(key: "on.schedule.end", &problems)
        if let start, let end, end < start {
            problems.append(
                Problem("the schedule ends before it starts", at: node["end"]?.mark, key: "on.schedule.end"))
        }
        if Zone(named: timezone) == nil {
            problems.append(
                Problem(
                    "'\(timezone)' is not a time zone", at: node["timezone"]?.mark ?? node.mark,
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
                "what to do about missed moments; default run-once"),
            .init(
                "overlap", .oneOf(Overlap.allCases.map(\.rawValue)),
                "what to do while the previous fire is still running; default queue"),
            .init("dst", .oneOf(DaylightSaving.allCases.map(\.rawValue)), "daylight saving rule; default wall-once"),
            .init(
                "after", .oneOrMany(.string),
                "schedules of the same environment whose fire must pass first"),
            .init(
                "jitter", .duration,
                "spreads schedules that are due at the same time: each is delayed by its own fixed part of this"),
            .init("start", .string, "nothing is due before this moment: 2026-01-01T00:00:00Z"),
            .init("end", .string, "nothing is due after this moment"),
            .init(
                "catch_up", .integer(min: 1),
                "maximum number of missed moments that run-all makes up at once; default 100"),
            .init(
                "live_after", .oneOrMany(.string),
                "pipelines of a push that must all pass before this goes live; default all of that push about its model"
            ),
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
        // Databricks uses Quartz's rule. In zones that never change their clocks, all rules agree.
        if dst != .quartz, !["UTC", "Etc/UTC", "GMT"].contains(timezone) { lost.append("dst: \(dst.rawValue)") }
        return .schedule(losing: lost)
    }

    /// Schedules that depend on something that is not a schedule of their environment, or on each other.
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
                        "'\(name)' is not another schedule of environment '\(rule.environment)'", at: pipeline.mark,
                        key: "on.schedule.after",
                        hint: nearest(to: name, among: others).map { "did you mean '\($0)'?" }
                            ?? "name a pipeline with on: { schedule: … } in the same environment"))
            }
        }
        found += schedules.flatMap { releaseProblems($0, among: pipelines) }
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

    /// Names under `live_after` that no push to the schedule's environment starts.
    private static func releaseProblems(_ pipeline: Pipeline, among pipelines: [Pipeline]) -> [Problem] {
        guard let rule = pipeline.triggers.schedule else { return [] }
        let releases = pipelines.filter {
            $0.triggers.rules.contains { $0.key == "push" && $0.environments.contains(rule.environment) }
        }.map(\.name)
        return (rule.liveAfter ?? []).filter { !releases.contains($0) }.map { name in
            Problem(
                "no push to environment '\(rule.environment)' starts a pipeline '\(name)'", at: pipeline.mark,
                key: "on.schedule.live_after",
                hint: nearest(to: name, among: releases).map { "did you mean '\($0)'?" }
                    ?? "name a pipeline with on: { push: { environment: \(rule.environment) } }")
        }
    }

    /// Parts of the cron expression that are ignored.
    package static func warnings(_ node: Node) -> [Problem] {
        guard let cron = node["cron"], let expression = try? CronExpression(cron.text ?? "") else { return [] }
        return expression.lints.map { Problem("\($0)", at: cron.mark, key: "on.schedule.cron") }
    }
}
