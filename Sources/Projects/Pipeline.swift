import Foundation

/// One file of `pipelines/*.yml`: what starts it, and a DAG of steps.
public struct Pipeline: Sendable, Hashable {
    public let name: String
    public let triggers: Triggers
    public let concurrency: Concurrency
    /// The registered model that it is about. Absent: the environment's default model.
    public let model: String?
    /// Merged over the environment's `config:`.
    public let config: Node?
    /// Limit for the whole run, in seconds.
    public let timeout: Int64?
    /// In an order that respects `needs`. Independent steps stay in written order.
    public let steps: [Step]
    public let mark: Mark

    /// The pipeline with only these steps and everything that they need.
    public func limited(to names: [String]) -> Pipeline {
        var wanted = Set(names)
        for step in steps.reversed() where wanted.contains(step.name) { wanted.formUnion(step.needs) }
        return Pipeline(
            name: name, triggers: triggers, concurrency: concurrency, model: model, config: config, timeout: timeout,
            steps: steps.filter { wanted.contains($0.name) }, mark: mark)
    }
}

public struct Concurrency: Sendable, Hashable, Codable {
    public enum Supersede: String, Sendable, Codable { case none, queued, running }

    private enum CodingKeys: String, CodingKey { case group, supersede }

    public let group: String?
    public let supersede: Supersede

    public init(group: String?, supersede: Supersede) {
        self.group = group
        self.supersede = supersede
    }
}

public struct Step: Sendable, Hashable, Codable {
    public let name: String
    public let needs: [String]
    public let action: Action
    public let inputs: [Glob]
    public let data: [String]
    /// The keys of `config:` that the step gets. Absent: all.
    public let config: [String]?
    public let outputs: [String]
    /// The output with a JUnit report.
    public let tests: String?
    /// The output with a monitor report.
    public let monitor: String?
    /// A key of the environment's `compute`.
    public let compute: String?
    /// Values may contain references.
    public let env: [String: String]
    /// In seconds. Overrides the compute's timeout.
    public let timeout: Int64?
    public let retriesWhenLost: Int
    /// The step gets no network and no data, so that its result depends on the tree alone.
    public let isIsolated: Bool
}

/// `${steps.STEP.outputs.OUTPUT}`
public struct Reference: Sendable, Hashable, Codable, CustomStringConvertible {
    public let step: String
    public let output: String

    private enum CodingKeys: String, CodingKey { case step, output }

    public var description: String { "${steps.\(step).outputs.\(output)}" }

    /// `nil` unless `text` is exactly one reference.
    public init?(_ text: String) {
        guard let match = text.wholeMatch(of: Self.pattern) else { return nil }
        step = String(match.1)
        output = String(match.2)
    }

    /// The references inside `text`.
    public static func all(in text: String) -> [Reference] {
        text.matches(of: pattern).compactMap { Reference(String($0.0)) }
    }

    private static var pattern: Regex<(Substring, Substring, Substring)> {
        /\$\{steps\.([A-Za-z0-9_-]+)\.outputs\.([A-Za-z0-9_.-]+)\}/
    }
}
