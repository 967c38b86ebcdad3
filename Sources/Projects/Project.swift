/// Everything that a project's files say at one commit.
public struct Project: Sendable, Hashable {
    public let name: String
    public let defaultBranch: String
    /// Sorted by name.
    public let environments: [Environment]
    /// Sorted by name.
    public let pipelines: [Pipeline]
    /// Problems that do not prevent a run, but are most likely mistakes.
    public let warnings: [Problem]

    public func environment(named name: String) -> Environment? {
        environments.first { $0.name == name }
    }

    public func pipeline(named name: String) -> Pipeline? {
        pipelines.first { $0.name == name }
    }

    /// The project with only that pipeline, if it has it.
    public func limited(to pipeline: String) -> Project {
        Project(
            name: name, defaultBranch: defaultBranch, environments: environments,
            pipelines: pipelines.filter { $0.name == pipeline }, warnings: [])
    }

    /// The environment whose patterns match `branch`. There is at most one: overlaps are refused when a project is
    /// read.
    public func environment(ofBranch branch: String) -> Environment? {
        environments.first { $0.covers(branch: branch) }
    }
}

/// The files that a project is read from, by stem: `dev` for `environments/dev.yml`.
public struct ProjectSources: Sendable {
    /// `environments/project.yml`. Absent: the same as an empty file.
    public var base: Node?
    public var environments: [String: Node]
    public var pipelines: [String: Node]

    public init(base: Node? = nil, environments: [String: Node] = [:], pipelines: [String: Node] = [:]) {
        self.base = base
        self.environments = environments
        self.pipelines = pipelines
    }
}

extension Project {
    /// Reads a project from its files.
    ///
    /// - Parameters:
    ///   - sources: the files at the commit.
    ///   - trusted: the files that privileged keys are read from. The same as `sources` if the commit itself is
    ///     trusted.
    ///   - fallbackName: the project's name if `project.yml` gives none.
    public static func read(_ sources: ProjectSources, trusted: ProjectSources? = nil, fallbackName: String)
        throws(Problems) -> Project
    {
        var problems = shapeProblems(sources)
        let base = sources.base ?? Node(.map([]), at: Mark(file: "environments/project.yml", line: 1, column: 1))
        let trustedBase = trusted.map { $0.base ?? Node(.map([]), at: base.mark) } ?? base
        guard problems.isEmpty else { throw Problems(problems) }
        let defaultBranch = trustedBase["default_branch"]?.text ?? "main"
        let asked = sources.environments.sorted { $0.key < $1.key }.map { name, file in
            Environment(name: name, resolved: base.layered(under: file))
        }
        for environment in asked {
            // A mistake in a shared file shows up in several environments, but is reported once.
            problems += (channelProblems(environment.resolved) + registryNameProblems(environment.resolved))
                .filter { !problems.contains($0) }
        }
        let environments = asked.map { own in
            guard let trusted else { return own }
            return Environment(
                name: own.name, resolved: withPrivileges(own.resolved, of: own.name, from: trusted, base: trustedBase))
        }
        var pipelines: [Pipeline] = []
        for (name, file) in sources.pipelines.sorted(by: { $0.key < $1.key }) {
            do throws(Problems) {
                let pipeline = try Pipeline.read(name: name, file)
                problems += file["model"].flatMap { modelNameProblem($0, key: "model") }.map { [$0] } ?? []
                problems += modelProblems(pipeline, file, asked)
                pipelines.append(pipeline)
            } catch {
                problems += error.all
            }
        }
        problems +=
            overlapProblems(environments) + sharedAliasProblems(environments)
            + pipelines.flatMap { linkProblems($0, environments) }
            + Triggers.kinds.flatMap { $0.problems(among: pipelines) }
        guard problems.isEmpty else { throw Problems(problems) }
        return Project(
            name: trustedBase["name"]?.text ?? fallbackName, defaultBranch: defaultBranch,
            environments: environments, pipelines: pipelines,
            warnings: sources.pipelines.sorted { $0.key < $1.key }.flatMap { Triggers.warnings($0.value) })
    }

    private static func shapeProblems(_ sources: ProjectSources) -> [Problem] {
        let base = sources.base.map { EnvironmentFile.projectShape.problems(in: $0) } ?? []
        return base
            + sources.environments.sorted { $0.key < $1.key }
            .flatMap { EnvironmentFile.shape.problems(in: $0.value) }
    }

    /// The environment as its own commit declares it, with privileged keys from the trusted files. An environment that
    /// the trusted files do not have gets no branches: it takes effect once it is merged.
    private static func withPrivileges(_ own: Node, of name: String, from trusted: ProjectSources, base: Node) -> Node {
        let granted = trusted.environments[name].map { base.layered(under: $0) } ?? base
        let rights = granted.filtered(EnvironmentFile.isPrivileged)
        let rest = own.filtered(EnvironmentFile.free.contains)
        return Node(.map(rights.entries + rest.entries), at: own.mark)
    }
}

extension ProjectSources {
    /// The privileged keys, as dotted paths by environment, that these files set differently from `used`: what a commit
    /// asks for and does not get. Also works on files with values that would be refused.
    public func privilegesWithheld(in used: Project) -> [String: [String]] {
        var withheld: [String: [String]] = [:]
        for environment in used.environments {
            guard let file = environments[environment.name] else { continue }
            let (own, granted) = (rights(base?.layered(under: file) ?? file), rights(environment.resolved))
            let keys = Set(own.keys).union(granted.keys).filter { own[$0] != granted[$0] }.sorted()
            if !keys.isEmpty { withheld[environment.name] = keys }
        }
        return withheld
    }

    private func rights(_ node: Node) -> [String: String] {
        let leaves = node.filtered(EnvironmentFile.isPrivileged).leaves().filter { !$0.path.isEmpty }
        return Dictionary(leaves.map { ($0.path, $0.node.json) }, uniquingKeysWith: { $1 })
    }
}
