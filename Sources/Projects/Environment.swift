/// The branches that map to an environment, and everything that its steps get.
public struct Environment: Sendable, Hashable {
    public let name: String
    public let branches: [Glob]
    public let protected: Bool
    public let identity: String?
    /// What steps get as JSON.
    public private(set) var config: Node
    public let env: [String: String]
    public let compute: [String: Compute]
    /// How many people must approve a promotion after its rules have passed.
    public let approvals: Int
    public private(set) var registry: RegistrySettings
    /// Absent: changes follow the usual rules, and direct pushes are allowed too.
    public let gate: GateRules?
    public let quarantine: [QuarantinedTest]
    /// Sorted by name.
    public let notify: [Channel]
    public let sandbox: SandboxPolicy
    public let dataRoot: String?
    /// Higher goes first. Absent: a default that depends on the kind of environment.
    public let priority: Int?
    /// Files that pin the programs of all steps: requirement and lock files.
    public let lock: [Glob]
    public let datasets: [String: Dataset]
    /// The whole resolved file. Every key knows its file and line.
    public let resolved: Node

    public func covers(branch: String) -> Bool {
        branches.contains { $0.matches(branch) }
    }
}

public struct Compute: Sendable, Hashable, Codable {
    public var cpus: Int?
    /// In bytes.
    public var memory: Int64?
    /// Number of processes and threads.
    public var processes: Int?
    /// In seconds.
    public var timeout: Int64
    /// One of `executors`; `nil` for the first of them.
    public var executor: String?

    private enum CodingKeys: String, CodingKey { case cpus, memory, processes, timeout, executor }

    public static let standard = Compute(timeout: 3_600)

    /// The places where commands can run, by name.
    public static let executors = ["local"]

    public init(
        cpus: Int? = nil, memory: Int64? = nil, processes: Int? = nil, timeout: Int64, executor: String? = nil
    ) {
        (self.cpus, self.memory, self.processes, self.timeout) = (cpus, memory, processes, timeout)
        self.executor = executor
    }

    public var executorName: String { executor ?? Self.executors[0] }

    public var hasLimits: Bool { cpus != nil || memory != nil || processes != nil }
}

/// How the version of a dataset is determined.
public enum Dataset: Sendable, Hashable {
    /// A file, a folder or a Delta table, relative to the environment's data root. It is examined for each plan.
    case path(String)
    /// A fixed version, for example for data that comes with a pinned package.
    case version(String)
}

public struct RegistrySettings: Sendable, Hashable {
    public enum Server: Sendable, Hashable {
        /// The daemon runs its own MLflow server.
        case embedded
        case url(String)
    }

    public var server: Server
    /// Name of the registered model that is served. Absent: nothing is registered.
    public var model: String?
    /// All models of the environment, the default one first. Absent in plans from before there could be several.
    public var models: [String]?
    public var candidate: String?
    public var incumbent: String?
    /// Legacy stage that the incumbent gets.
    public var stage: String?
    /// Command that loads the version in `ESPALIER_MODEL_URI` and makes it predict. Absent: a command that fits most
    /// models.
    public var smoke: String?
    /// Roll back to the previous champion when a scheduled run reports `health=failed`. Default false.
    public var rollsBackOnFailedHealth: Bool?

    public init(
        server: Server, model: String?, models: [String]? = nil, candidate: String?, incumbent: String?, stage: String?,
        smoke: String? = nil, rollsBackOnFailedHealth: Bool? = nil
    ) {
        self.server = server
        self.model = model
        self.models = models
        self.candidate = candidate
        self.incumbent = incumbent
        self.stage = stage
        self.smoke = smoke
        self.rollsBackOnFailedHealth = rollsBackOnFailedHealth
    }
}

extension RegistrySettings {
    /// A copy of the settings for each of the environment's models.
    public var ofEachModel: [RegistrySettings] {
        guard let models, !models.isEmpty else { return [self] }
        return models.map { model in
            var settings = self
            settings.model = model
            return settings
        }
    }
}

public enum SandboxPolicy: String, Sendable, Hashable, Codable {
    case required, bestEffort = "best-effort", off
}

extension Environment {
    /// - Parameter resolved: the environment's file merged over the project's, already of the right shape.
    init(name: String, resolved: Node) {
        self.name = name
        branches = resolved["branches"]?.items.compactMap(\.text).map(Glob.init) ?? []
        protected = resolved["protected"]?.flag ?? false
        identity = resolved["identity"]?.text
        config = resolved["config"] ?? Node(.map([]), at: resolved.mark)
        env = (resolved["env"]?.entries ?? []).reduce(into: [:]) { $0[$1.key] = $1.value.text ?? "" }
        compute = (resolved["compute"]?.entries ?? []).reduce(into: [:]) { $0[$1.key] = Compute($1.value) }
        registry = RegistrySettings(resolved["registry"])
        approvals = resolved["approvals"]?["promote"]?.integer ?? 0
        gate = resolved["gate"].map(GateRules.init)
        quarantine = resolved["quarantine"]?.items.compactMap(QuarantinedTest.init) ?? []
        notify = (resolved["notify"]?.entries ?? []).sorted { $0.key < $1.key }
            .compactMap { Channel(name: $0.key, $0.value) }
        sandbox = resolved["sandbox"]?.text.flatMap(SandboxPolicy.init) ?? .required
        dataRoot = resolved["data_root"]?.text
        priority = resolved["priority"]?.integer
        lock = resolved["lock"]?.globs ?? []
        datasets = (resolved["datasets"]?.entries ?? []).reduce(into: [:]) { $0[$1.key] = Dataset($1.value) }
        self.resolved = resolved
    }
}

extension Environment {
    /// The environment as runs of a pipeline see it: with the pipeline's model, and with its configuration merged over
    /// the environment's.
    public func serving(_ pipeline: Pipeline) -> Environment {
        var served = serving(pipeline.model)
        if let own = pipeline.config { served.config = config.layered(under: own) }
        return served
    }

    /// The environment with another of its models as the default.
    public func serving(_ model: String?) -> Environment {
        guard let model else { return self }
        var served = self
        served.registry.model = model
        return served
    }

    /// Whether the environment has the model that the pipeline asks for.
    public func has(modelOf pipeline: Pipeline) -> Bool {
        guard let model = pipeline.model else { return true }
        return registry.models?.contains(model) ?? false
    }
}

extension Compute {
    init(_ node: Node) {
        cpus = node["cpus"]?.integer
        memory = node["memory"]?.text.flatMap(bytes(written:))
        processes = node["processes"]?.integer
        timeout = node["timeout"]?.text.flatMap(Duration.init(written:))?.components.seconds ?? Self.standard.timeout
        // The default is left out, so that plans with it stay equal to those of earlier versions.
        executor = node["executor"]?.text.flatMap { $0 == Self.executors[0] ? nil : $0 }
    }
}

extension Dataset {
    init?(_ node: Node) {
        if let path = node.text ?? node["path"]?.text {
            self = .path(path)
        } else if let version = node["version"]?.text {
            self = .version(version)
        } else {
            return nil
        }
    }
}

extension RegistrySettings {
    init(_ node: Node?) {
        let server = node?.text ?? node?["server"]?.text ?? "embedded"
        self.server = server == "embedded" ? .embedded : .url(server)
        models = node?["model"]?.texts
        model = models?.first
        candidate = node?["aliases"]?["candidate"]?.text
        incumbent = node?["aliases"]?["incumbent"]?.text
        stage = node?["stage"]?.text
        smoke = node?["smoke"]?.text
        rollsBackOnFailedHealth = node?["rollback"]?.text == "on-failed-health" ? true : nil
    }
}
