import Events
import Foundation
import Projects

/// Exactly what will run, on which code and with which configuration. A value: the same inputs give the same plan.
public struct Plan: Sendable, Hashable {
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
    /// Seconds from the start of the first step to the end of the last. Absent: the run has no limit of its own.
    public let timeout: Int64?
    /// Higher goes first. Absent in plans of 0.1; use `effectivePriority`.
    public let priority: Int?
    /// Absent in plans of 0.1.
    public let trust: Trust?
    /// In an order that respects `needs`.
    public let steps: [PlannedStep]
    /// Remarks for people, for example that a privileged key was not taken from this commit.
    public let notes: [String]

    public var effectivePriority: Int { priority ?? 0 }

    public func step(named name: String) -> PlannedStep? {
        steps.first { $0.name == name }
    }

    /// Everything that `step` needs, directly or indirectly, in plan order.
    public func upstream(of step: PlannedStep) -> [PlannedStep] {
        var names = Set(step.needs)
        for candidate in steps.reversed() where names.contains(candidate.name) { names.formUnion(candidate.needs) }
        return steps.filter { names.contains($0.name) }
    }

    /// Whether the result of a step depends on the tree alone: neither the step nor one that it needs has data or network.
    public func isIsolated(_ step: PlannedStep) -> Bool {
        settings.sandbox == .required && (upstream(of: step) + [step]).allSatisfy { $0.isIsolated ?? false }
    }
}

/// What every step of a run gets from the environment.
public struct RunSettings: Sendable, Hashable, Codable {
    public let identity: String?
    public let env: [String: String]
    public let registry: RegistrySettings
    public let sandbox: SandboxPolicy
    public let dataRoot: String?
    /// Whether steps have neither network nor the environment's data. Absent: no.
    public let isIsolated: Bool?
    /// Absent if nothing is quarantined.
    public let quarantine: [QuarantinedTest]?
    /// How many people must approve a promotion. Absent: none.
    public var approvals: Int?
    /// Who is notified about the run. Absent: nobody.
    public var notify: [Channel]?

    private enum CodingKeys: String, CodingKey {
        case identity, env, registry, sandbox, dataRoot, isIsolated, quarantine, approvals, notify
    }
}

/// A step with its compute resolved.
public struct PlannedStep: Sendable, Hashable, Codable {
    public let name: String
    public let needs: [String]
    public let action: Action
    public let inputs: [Glob]
    public let data: [String]
    /// How the versions of `data` are determined, for those that the environment declares. Absent in plans of 0.1.
    public let datasets: [String: Dataset]?
    public let outputs: [String]
    /// The output with a JUnit report.
    public let tests: String?
    /// The output with a monitor report.
    public let monitor: String?
    /// Values may contain references, which are resolved when the step starts.
    public let env: [String: String]
    public let compute: Compute
    public let retriesWhenLost: Int
    /// The step's configuration, if it is only a part of the run's: JSON with sorted keys.
    public let configuration: String?
    /// Absent in plans of 0.1, whose steps are never reused.
    public let reuse: Reuse?
    /// For a step that plans infrastructure: a digest of the files and variables that it uses.
    public let source: String?
    /// The step has no network and no data. Absent for no.
    public let isIsolated: Bool?

    private enum CodingKeys: String, CodingKey {
        case name, needs, action, inputs, data, datasets, outputs, tests, monitor, env, compute, retriesWhenLost
        case configuration, reuse, source, isIsolated
    }
}

/// The result of planning: what runs, and why each other pipeline does not.
public struct Planning: Sendable, Hashable, Encodable {
    public let plans: [Plan]
    public let skipped: [String: NonRun]
    /// Set if the event starts nothing at all: a deleted branch, a branch without an environment.
    public let remark: String?

    private enum CodingKeys: String, CodingKey { case plans, skipped, remark }

    public init(plans: [Plan] = [], skipped: [String: NonRun] = [:], remark: String? = nil) {
        self.plans = plans
        self.skipped = skipped
        self.remark = remark
    }
}
