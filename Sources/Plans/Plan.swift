import Events
import Foundation
import Projects

/// Exactly what will run, on which code and with which configuration. A value: the same inputs give the same plan.
public struct Plan: Sendable, Hashable, Codable {
    public let project: String
    public let pipeline: String
    public let environment: String
    public let branch: String
    public let commit: ObjectID
    public let tree: ObjectID
    public let trigger: Trigger
    /// The resolved `config:`, as JSON with sorted keys.
    public let configuration: String
    /// SHA-256 of `configuration`, 64 hexadecimal digits.
    public let configurationDigest: String
    public let settings: RunSettings
    public let concurrency: Concurrency
    /// Seconds from the start of the first step to the end of the last; absent for no limit of its own.
    public let timeout: Int64?
    /// Higher goes first. Absent in plans of 0.1; `effectivePriority` answers for them too.
    public let priority: Int?
    /// Absent in plans of 0.1.
    public let trust: Trust?
    /// In an order that respects their needs.
    public let steps: [PlannedStep]
    /// What a person should know: a privileged key that was not taken from this commit, say.
    public let notes: [String]

    public var effectivePriority: Int { priority ?? 0 }

    public func step(named name: String) -> PlannedStep? {
        steps.first { $0.name == name }
    }

    /// All that `step` needs, directly or through others, in plan order.
    public func upstream(of step: PlannedStep) -> [PlannedStep] {
        var names = Set(step.needs)
        for candidate in steps.reversed() where names.contains(candidate.name) { names.formUnion(candidate.needs) }
        return steps.filter { names.contains($0.name) }
    }
}

/// What a run was started by.
public enum Trigger: Sendable, Hashable, Codable {
    case push
    case change(number: Int64, base: ObjectID)
    /// - Parameter backfill: what asked for the moment, where that was not the schedule itself.
    case fire(id: Int64, schedule: String, logicalTime: Date, backfill: Backfilling?)
    /// A person ran it in a working tree.
    case local
    case rollback(model: String, version: String, by: String, reason: String)
    /// Another run found that the world has drifted.
    case drift(run: Int64, reason: String)

    /// The moment that the run stands for, where it stands for one.
    public var logicalTime: Date? {
        if case .fire(_, _, let time, _) = self { time } else { nil }
    }
}

/// What the environment lends to every step of a run.
public struct RunSettings: Sendable, Hashable, Codable {
    public let identity: String?
    public let env: [String: String]
    public let registry: RegistrySettings
    public let sandbox: SandboxPolicy
    public let dataRoot: String?
    /// Whether steps have neither network nor the environment's data. Absent for no.
    public let isIsolated: Bool?
    /// Absent for none.
    public let quarantine: [QuarantinedTest]?
    /// How many persons have to approve a promotion. Absent for none.
    public var approvals: Int?
    /// Who is told of what becomes of it. Absent for nobody.
    public var notify: [Channel]?
}

/// A step with its compute looked up.
public struct PlannedStep: Sendable, Hashable, Codable {
    public let name: String
    public let needs: [String]
    public let action: Action
    public let inputs: [Glob]
    public let data: [String]
    /// Where the versions of `data` come from, as far as the environment says so. Absent in plans of 0.1.
    public let datasets: [String: Dataset]?
    public let outputs: [String]
    /// The output that is a JUnit report.
    public let tests: String?
    /// The output that is a monitor report.
    public let monitor: String?
    /// Values may hold references, resolved when the step starts.
    public let env: [String: String]
    public let compute: Compute
    public let retriesWhenLost: Int
    /// The configuration that it is given, where that is only a part of the run's: JSON with sorted keys.
    public let configuration: String?
    /// Absent in plans of 0.1, whose steps are not reused.
    public let reuse: Reuse?
    /// Of a step that plans infrastructure: a digest of the files and variables that it does so from.
    public let source: String?
}

/// Why a pipeline does not run for an event.
public enum NonRun: Sendable, Hashable, CustomStringConvertible {
    /// Its file does not ask for this kind of event.
    case notTriggered(by: String)
    case otherEnvironment(wanted: [String], actual: String)
    case otherBranch(wanted: [String])
    case pathsUntouched([String])
    case otherTarget(wanted: [String])
    case otherSchedule
    case otherPipeline(wanted: [String])
    /// The trusted files do not let the environment have it.
    case otherModel(wanted: String, environment: String, known: [String])
    case coolingDown(until: Date)
    case oftenEnough(starts: Int, since: Date)

    /// Whether it would have run, had the commit touched what it is about.
    public var isForPaths: Bool {
        if case .pathsUntouched = self { true } else { false }
    }

    public var description: String {
        switch self {
        case .notTriggered(let kind): "not started by a \(kind)"
        case .otherEnvironment(let wanted, let actual):
            "runs in \(wanted.joined(separator: ", ")), and this branch is \(actual)"
        case .otherBranch(let wanted): "runs for branches \(wanted.joined(separator: ", "))"
        case .pathsUntouched(let paths): "nothing under \(paths.joined(separator: ", ")) changed"
        case .otherTarget(let wanted): "checks changes to \(wanted.joined(separator: ", "))"
        case .otherSchedule: "another schedule fired"
        case .otherPipeline(let wanted): "started by what \(wanted.joined(separator: ", ")) reports"
        case .otherModel(let wanted, let environment, let known):
            "is about model '\(wanted)', and environment '\(environment)' has "
                + (known.isEmpty ? "none" : known.joined(separator: ", "))
                + ": registry: takes effect when it is merged into the default branch"
        case .coolingDown(let until): "drift has started it lately: it cools down until \(until.formatted(.iso8601))"
        case .oftenEnough(let starts, let since):
            "drift has started it \(starts) times since \(since.formatted(.iso8601)), which is the most it may"
        }
    }
}

/// The answer of planning: what runs, and for every pipeline that does not, why.
public struct Planning: Sendable, Hashable {
    public let plans: [Plan]
    public let skipped: [String: NonRun]
    /// Set when the event as a whole starts nothing: a deleted branch, a branch without environment.
    public let remark: String?

    public init(plans: [Plan] = [], skipped: [String: NonRun] = [:], remark: String? = nil) {
        self.plans = plans
        self.skipped = skipped
        self.remark = remark
    }
}
