import Events
import Projects

/// What planning knows of the commit, read from the object database.
public struct CommitFacts: Sendable, Hashable {
    public let commit: ObjectID
    public let tree: ObjectID
    public let branch: String
    /// The project at this commit, privileged keys already taken from where they may be taken.
    public let project: Project
    /// Paths changed since the event's base; only read when a pipeline filters by paths.
    public let changedPaths: [String]
    /// A digest of what each pattern under `inputs:` and `lock:` finds in the tree; a pattern that finds nothing is absent.
    public let contents: [Glob: String]
    /// Versions of datasets: environment → name → version.
    public let datasets: [String: [String: String]]
    /// Dotted privileged keys, by environment, in which this commit differs from the trusted files.
    public let withheld: [String: [String]]
    /// What drift has started before this event.
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

/// Decide what an event starts.
///
/// - Parameter digest: SHA-256 of a text's UTF-8 as hexadecimal digits; given, because planning itself is free of
///   libraries.
public func plan(_ event: Event, at facts: CommitFacts, digest: (String) -> String) -> Planning {
    let project = facts.project
    guard !project.pipelines.isEmpty else {
        return Planning(remark: "there are no pipelines at \(facts.commit.short): add pipelines/NAME.yml")
    }
    if case .push = event, project.environment(ofBranch: facts.branch) == nil {
        return Planning(remark: noEnvironment(for: facts.branch, in: project))
    }
    if case .rollback(let request) = event { return plan(request, at: facts, digest: digest) }
    var plans: [Plan] = []
    var skipped: [String: NonRun] = [:]
    for pipeline in project.pipelines {
        switch match(pipeline, event, facts) {
        case .starts(let environment, let trigger):
            guard let environment = project.environment(named: environment) else { continue }
            guard environment.has(modelOf: pipeline) else {
                skipped[pipeline.name] = .otherModel(
                    wanted: pipeline.model ?? "", environment: environment.name,
                    known: environment.registry.models ?? [])
                continue
            }
            plans.append(Plan(pipeline, in: environment, trigger: trigger, facts, for: event, digest: digest))
        case .skipped(let reason):
            skipped[pipeline.name] = reason
        }
    }
    return Planning(plans: plans, skipped: skipped)
}

/// A rollback needs no pipeline of the project's: all it may have of its own is how a version is tried.
private func plan(_ request: RollbackRequest, at facts: CommitFacts, digest: (String) -> String) -> Planning {
    guard let environment = facts.project.environment(named: request.environment) else {
        return Planning(remark: "there is no environment '\(request.environment)' at \(facts.commit.short)")
    }
    let trigger = Trigger.rollback(
        model: request.model, version: request.version, by: request.by, reason: request.reason)
    let pipeline = Pipeline.rollback(trying: environment.registry.smoke)
    let served = environment.serving(request.model)
    return Planning(plans: [Plan(pipeline, in: served, trigger: trigger, facts, digest: digest)])
}

/// The sentence for a branch that no environment covers.
func noEnvironment(for branch: String, in project: Project) -> String {
    let known = project.environments.map { environment in
        "\(environment.name): \(environment.branches.map(\.description).joined(separator: " "))"
    }
    return "no environment covers branch '\(branch)' (\(known.joined(separator: "; "))): "
        + "rename the branch, or add a pattern under branches: in environments/"
}

enum Match {
    case starts(environment: String, Trigger)
    case skipped(NonRun)
}

func match(_ pipeline: Pipeline, _ event: Event, _ facts: CommitFacts) -> Match {
    switch event {
    case .push:
        guard let push = pipeline.triggers.push else { return .skipped(.notTriggered(by: "push")) }
        return match(push, facts)
    case .checks(let request):
        guard let change = pipeline.triggers.change else { return .skipped(.notTriggered(by: "change")) }
        guard change.targets.contains(where: { $0.matches(request.target) }) else {
            return .skipped(.otherTarget(wanted: change.targets.map(\.description)))
        }
        guard touches(change.paths, facts) else { return .skipped(.pathsUntouched(change.paths.map(\.description))) }
        return .starts(environment: change.environment, .change(number: request.change, base: request.base))
    case .fire(let fire):
        guard let schedule = pipeline.triggers.schedule else { return .skipped(.notTriggered(by: "schedule")) }
        guard pipeline.name == fire.schedule else { return .skipped(.otherSchedule) }
        return .starts(
            environment: schedule.environment,
            .fire(id: fire.fire, schedule: fire.schedule, logicalTime: fire.logicalTime, backfill: fire.backfill))
    case .drift(let report):
        guard let rule = pipeline.triggers.drift else { return .skipped(.notTriggered(by: "drift")) }
        guard rule.environment == report.environment else {
            return .skipped(.otherEnvironment(wanted: [rule.environment], actual: report.environment))
        }
        guard rule.of.isEmpty || rule.of.contains(report.pipeline) else {
            return .skipped(.otherPipeline(wanted: rule.of))
        }
        if let start = facts.driftStarts.held(by: rule, of: pipeline.name) { return .skipped(start) }
        return .starts(environment: rule.environment, .drift(run: report.run, reason: report.reason))
    case .proposal, .rollback: return .skipped(.notTriggered(by: event.kind))
    case .request(let request):
        let environment = pipeline.triggers.environments.first
        guard pipeline.name == request.pipeline, let environment else { return .skipped(.notTriggered(by: "request")) }
        return .starts(environment: environment, .local)
    }
}

private func match(_ push: Triggers.Push, _ facts: CommitFacts) -> Match {
    let actual = facts.project.environment(ofBranch: facts.branch)?.name ?? "none"
    guard push.environments.contains(actual) else {
        return .skipped(.otherEnvironment(wanted: push.environments, actual: actual))
    }
    if !push.branches.isEmpty, !push.branches.contains(where: { $0.matches(facts.branch) }) {
        return .skipped(.otherBranch(wanted: push.branches.map(\.description)))
    }
    guard touches(push.paths, facts) else { return .skipped(.pathsUntouched(push.paths.map(\.description))) }
    return .starts(environment: actual, .push)
}

/// Whether the commit changes one of these paths; no paths stand for all.
private func touches(_ paths: [Glob], _ facts: CommitFacts) -> Bool {
    paths.isEmpty || facts.changedPaths.contains { path in paths.contains { $0.matches(path) } }
}

extension Plan {
    /// - Parameter event: what asked for it, where more than the trigger is known of that.
    public init(
        _ pipeline: Pipeline, in environment: Environment, trigger: Trigger, _ facts: CommitFacts,
        for event: Event? = nil, digest: (String) -> String
    ) {
        let isFork = event?.checks?.isFork ?? false
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
        concurrency = pipeline.concurrency(for: trigger)
        timeout = pipeline.timeout
        let usual = environment.priority ?? environment.usualPriority(defaultBranch: facts.project.defaultBranch)
        // Others wait behind a queued change; nobody waits for one that is only looked at, or for the past.
        priority = usual + (event?.checks?.isQueued ?? false ? 1 : 0) - (trigger.isBackfill ? 5 : 0)
        trust = isFork ? .forked : environment.protected && !trigger.isChange ? .protected : .unprotected
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

    /// For code from outside: no identity, no registry, no data, no network, and no word to anybody, whatever the environment
    /// has.
    static func forFork(_ environment: Environment) -> RunSettings {
        RunSettings(
            identity: nil, env: environment.env,
            registry: RegistrySettings(server: .embedded, model: nil, candidate: nil, incumbent: nil, stage: nil),
            sandbox: .required, dataRoot: nil, isIsolated: true, quarantine: environment.quarantine)
    }
}

extension Event {
    fileprivate var checks: CheckRequest? {
        if case .checks(let request) = self { request } else { nil }
    }
}

extension Pipeline {
    /// Fires of one schedule never overlap: they queue, or the newer replaces the older. Moments of a backfill may, unless
    /// the pipeline names a group of its own.
    func concurrency(for trigger: Trigger) -> Concurrency {
        guard case .fire(_, _, _, let backfill) = trigger else { return concurrency }
        guard backfill == nil else { return Concurrency(group: concurrency.group, supersede: .none) }
        return Concurrency(
            group: concurrency.group ?? "schedule \(name)",
            supersede: triggers.schedule?.overlap == .replace ? .running : .none)
    }
}

extension Trigger {
    fileprivate var isChange: Bool {
        if case .change = self { true } else { false }
    }

    fileprivate var isBackfill: Bool {
        if case .fire(_, _, _, .some) = self { true } else { false }
    }
}

extension Environment {
    /// Production before staging before development: what is protected comes before what is not, and releases before
    /// what they are cut from.
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
    }
}
