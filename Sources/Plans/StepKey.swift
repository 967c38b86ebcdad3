import Formats
import Projects

/// Everything that a step's result depends on, as one digest and by part, so that a person can see which part changed.
///
/// Two steps with the same digest do the same work on the same inputs, so the second can be skipped.
public struct StepKey: Sendable, Hashable, Codable {
    /// SHA-256 over the parts, 64 hexadecimal digits.
    public let digest: String
    /// For example `inputs src/**` → digest of what the pattern matches, or `data births` → its version.
    public let parts: [String: String]

    private enum CodingKeys: String, CodingKey { case digest, parts }

    init(_ parts: [String: String], digest: (String) -> String) {
        self.parts = parts
        self.digest = digest(parts.sorted { $0.key < $1.key }.map { "\($0.key)\u{0}\($0.value)\u{0}" }.joined())
    }

    /// The names of the parts that differ from an earlier key of the same step, sorted.
    public func changes(since earlier: StepKey) -> [String] {
        Set(parts.keys).union(earlier.parts.keys).filter { parts[$0] != earlier.parts[$0] }.sorted()
    }
}

/// Whether a step can reuse the result of an earlier run.
public enum Reuse: Sendable, Hashable {
    case byKey(StepKey)
    /// Never reused, with the reason.
    case never(reason: String)

    public var key: StepKey? {
        if case .byKey(let key) = self { key } else { nil }
    }
}

extension Reuse: Codable {
    private enum CodingKeys: String, CodingKey { case byKey, never }

    /// Format 1: the labels of an enum's associated values.
    private enum Labels: String, CodingKey { case reason }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        if values.contains(.byKey) {
            self = .byKey(try values.decodeUnlabelled(StepKey.self, forKey: .byKey))
        } else if let reason = try? values.decode(String.self, forKey: .never) {
            self = .never(reason: reason)
        } else {
            let labels = try values.nestedContainer(keyedBy: Labels.self, forKey: .never)
            self = .never(reason: try labels.decode(String.self, forKey: .reason))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .byKey(let key): try values.encode(key, forKey: .byKey)
        case .never(let reason): try values.encode(reason, forKey: .never)
        }
    }
}

/// How far the code of a run is trusted. A run can reuse results of its own level or a higher one. It can reuse results
/// of a lower level only of isolated steps of the same tree, and results of a fork never.
public enum Trust: Int, Sendable, Hashable, Codable, Comparable {
    /// A change from outside the repository.
    case forked
    /// A branch that anybody with write access can push, or a change that is not merged.
    case unprotected
    case protected

    public static func < (left: Trust, right: Trust) -> Bool { left.rawValue < right.rawValue }
}

extension Plan {
    /// Whether a step of this plan can be reused, and by which key.
    ///
    /// - Parameter above: the decisions for the steps before it.
    static func reuse(
        of step: Step, in environment: Environment, trigger: Trigger, _ facts: CommitFacts, above: [String: Reuse],
        digest: (String) -> String
    ) -> Reuse {
        let own: [String: String]
        switch step.action.body.reuse {
        case .never(let reason): return .never(reason: reason)
        case .keyed(let texts): own = texts
        }
        guard !step.inputs.isEmpty else { return .never(reason: "it does not say what it reads: it has no inputs:") }
        if let reason = trigger.body.reasonToRunAnew { return .never(reason: reason) }
        var parts = [
            "configuration": digest(environment.configuration(seenBy: step)),
            "environment variables": digest(environment.variables(of: step)),
            "outputs": step.outputs.joined(separator: " "),
            "sandbox": environment.sandbox.rawValue, "registry": environment.registrySeen,
        ]
        if step.isIsolated { parts["isolated"] = "true" }
        // Where the data of the step is: equal bytes do not make one environment's data another's.
        if !step.data.isEmpty { parts["data root"] = environment.dataRoot ?? "default of \(environment.name)" }
        parts.merge(own.mapValues(digest)) { $1 }
        parts.merge(environment.files(of: step, facts)) { $1 }
        for dataset in step.data {
            guard let version = facts.datasets[environment.name]?[dataset] else {
                return .never(
                    reason: "the version of dataset '\(dataset)' is not known: name it under datasets: in environments/"
                )
            }
            parts["data \(dataset)"] = version
        }
        for need in step.needs {
            guard let key = above[need]?.key else { return .never(reason: "it needs '\(need)', which is never reused") }
            parts["needs \(need)"] = key.digest
        }
        return .byKey(StepKey(parts, digest: digest))
    }
}

extension Plan {
    /// A digest of the files and variables that a step plans infrastructure from. It does not cover the existing
    /// infrastructure.
    static func source(of step: Step, in environment: Environment, _ facts: CommitFacts, digest: (String) -> String)
        -> String?
    {
        guard let origin = step.action.body.plannedFrom else { return nil }
        var parts = environment.files(of: step, facts).merging(origin) { $1 }
        parts["environment variables"] = environment.variables(of: step)
        return StepKey(parts, digest: digest).digest
    }
}

extension Environment {
    /// The part of `config:` that a step gets, as JSON: all of it unless the step lists keys.
    func configuration(seenBy step: Step) -> String {
        guard let keys = step.config else { return config.json }
        return config.filtered(keys.contains).json
    }

    /// What the step reads from the commit, and what pins its programs.
    fileprivate func files(of step: Step, _ facts: CommitFacts) -> [String: String] {
        var parts: [String: String] = [:]
        for glob in step.inputs { parts["inputs \(glob)"] = facts.contents[glob] ?? "nothing" }
        for glob in lock { parts["lock \(glob)"] = facts.contents[glob] ?? "nothing" }
        return parts
    }

    fileprivate func variables(of step: Step) -> String {
        env.merging(step.env) { $1 }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
    }

    /// Part of the key: a step that logged to one server left nothing on another.
    fileprivate var registrySeen: String {
        guard registry.model != nil else { return "none" }
        switch registry.server {
        case .embedded: return "embedded"
        case .url(let url): return url
        }
    }
}
