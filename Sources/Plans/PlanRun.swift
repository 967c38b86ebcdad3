import Events
import Projects

/// What planning knows about the commit, read from the object database.
public struct CommitFacts: Sendable, Hashable {
    public let commit: ObjectID
    public let tree: ObjectID
    public let branch: String
    /// The project at this commit, with privileged keys already taken from their trusted source.
    public let project: Project
    /// Paths changed since the event's base. Only read if a pipeline filters by paths.
    public let changedPaths: [String]
    /// A digest of what each pattern under `inputs:` and `lock:` matches in the tree. Patterns without a match are
    /// absent.
    public let contents: [Glob: String]
    /// Versions of datasets: environment → name → version.
    public let datasets: [String: [String: String]]
    /// Privileged keys, as dotted paths by environment, in which this commit differs from the trusted files.
    public let withheld: [String: [String]]
    /// The pipelines that drift started before this event.
    public var driftStarts = DriftStarts()

    public init(
        commit: ObjectID, tree: ObjectID, branch: String, project: Project, changedPaths: [String] = [],
        contents: [Glob: String] = [:], datasets: [String: [String: String]] = [:], withheld: [String: [String]] = [:]
    ) {
        self.commit = commit
        self.tree = tree
        self.branch = branch
        self.project = project
        self.changedPaths = changedPaths
        self.contents = contents
        self.datasets = datasets
        self.withheld = withheld
    }
}

/// Decides what an event starts.
///
/// - Parameter digest: SHA-256 of a text's UTF-8 as hexadecimal digits. It is passed in because planning itself uses no
///   libraries.
public func plan(_ event: Event, at facts: CommitFacts, digest: (String) -> String) -> Planning {
    let project = facts.project
    guard !project.pipelines.isEmpty else {
        return Planning(remark: "there are no pipelines at \(facts.commit.short): add pipelines/NAME.yml")
    }
    guard let starting = event.body as? any StartingEvent else {
        let reason = NonRun.notTriggered(by: event.kind)
        return Planning(skipped: project.pipelines.reduce(into: [:]) { $0[$1.name] = reason })
    }
    if let planning = starting.planning(at: facts, digest: digest) { return planning }
    var plans: [Plan] = []
    var skipped: [String: NonRun] = [:]
    for pipeline in project.pipelines {
        switch starting.match(pipeline, facts) {
        case .starts(let environment, let trigger):
            guard let environment = project.environment(named: environment) else { continue }
            guard environment.has(modelOf: pipeline) else {
                skipped[pipeline.name] = .otherModel(
                    wanted: pipeline.model ?? "", environment: environment.name,
                    known: environment.registry.models ?? [])
                continue
            }
            if environment.protected, trigger.body.isCheck, !pipeline.onlyPlansInfrastructure {
                return Planning(
                    remark:
                        "pipeline '\(pipeline.name)' checks changes in the protected environment '\(environment.name)': "
                        + "a change runs before anybody has approved it, so name an unprotected one under `on: change:`"
                )
            }
            plans.append(Plan(pipeline, in: environment, trigger: trigger, facts, for: starting, digest: digest))
        case .skipped(let reason):
            skipped[pipeline.name] = reason
        }
    }
    return Planning(plans: plans, skipped: skipped)
}

extension Pipeline {
    /// Whether its steps only show what a release would apply. For that they must read the environment's state.
    fileprivate var onlyPlansInfrastructure: Bool { steps.allSatisfy { $0.action.as(TerraformPlanAction.self) != nil } }
}

extension Plan {
    /// - Parameter event: the event behind the trigger, if it is known.
    package init(
        _ pipeline: Pipeline, in environment: Environment, trigger: Trigger, _ facts: CommitFacts,
        for event: (any StartingEvent)? = nil, digest: (String) -> String
    ) {
        let isFork = event?.isFromFork ?? false
        let environment = environment.serving(pipeline)
        project = facts.project.name
        self.pipeline = pipeline.name
        self.environment = environment.name
        branch = facts.branch
        commit = facts.commit
        tree = facts.tree
        self.trigger = trigger
        configuration = environment.config.json
        configurationDigest = digest(configuration)
        settings = isFork ? .forFork(environment) : RunSettings(environment)
        concurrency = trigger.body.concurrency(of: pipeline)
        timeout = pipeline.timeout
        let usual = environment.priority ?? environment.usualPriority(defaultBranch: facts.project.defaultBranch)
        priority = usual + (event?.priority ?? 0) + trigger.body.priority
        trust = isFork ? .forked : environment.protected && !trigger.body.isCheck ? .protected : .unprotected
        var reuse: [String: Reuse] = [:]
        for step in pipeline.steps {
            reuse[step.name] = Plan.reuse(
                of: step, in: environment, trigger: trigger, facts, above: reuse, digest: digest)
        }
        steps = pipeline.steps.map { step in
            PlannedStep(
                step, in: environment, reuse: reuse[step.name],
                source: Plan.source(of: step, in: environment, facts, digest: digest))
        }
        notes = (facts.withheld[environment.name] ?? []).map { key in
            "\(key) differs from \(facts.project.defaultBranch), and takes effect when it is merged there"
        }
    }
}

extension RunSettings {
    init(_ environment: Environment) {
        self.init(
            identity: environment.identity, env: environment.env, registry: environment.registry,
            sandbox: environment.sandbox, dataRoot: environment.dataRoot, isIsolated: nil,
            quarantine: environment.quarantine.isEmpty ? nil : environment.quarantine,
            approvals: environment.approvals > 0 ? environment.approvals : nil,
            notify: environment.notify.isEmpty ? nil : environment.notify)
    }

    /// For code from outside: no identity, no registry, no data, no network and no notifications, whatever the
    /// environment has.
    static func forFork(_ environment: Environment) -> RunSettings {
        RunSettings(
            identity: nil, env: environment.env,
            registry: RegistrySettings(server: .embedded, model: nil, candidate: nil, incumbent: nil, stage: nil),
            sandbox: .required, dataRoot: nil, isIsolated: true, quarantine: environment.quarantine)
    }
}

extension Environment {
    /// Production before staging before development: protected environments before unprotected ones, and releases
    /// before the branches that they are cut from.
    fileprivate func usualPriority(defaultBranch: String) -> Int {
        guard protected else { return 0 }
        return covers(branch: defaultBranch) ? 10 : 20
    }
}

extension PlannedStep {
    init(_ step: Step, in environment: Environment, reuse: Reuse?, source: String?) {
        name = step.name
        needs = step.needs
        action = step.action
        inputs = step.inputs
        data = step.data
        datasets = environment.datasets.filter { step.data.contains($0.key) }
        outputs = step.outputs
        tests = step.tests
        monitor = step.monitor
        env = step.env
        var compute = environment.compute[step.compute ?? "default"] ?? .standard
        compute.timeout = step.timeout ?? compute.timeout
        self.compute = compute
        retriesWhenLost = step.retriesWhenLost
        configuration = step.config == nil ? nil : environment.configuration(seenBy: step)
        self.reuse = reuse
        self.source = source
        isIsolated = step.isIsolated ? true : nil
    }
}
