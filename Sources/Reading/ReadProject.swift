import Events
import Git
import Home
import Plans
import ProjectFiles
import Projects
import Synchronization

/// Reads a project at a commit directly from the object database, without a checkout.
package struct ProjectReader {
    let repository: Repository
    let home: Home
    let fallbackName: String

    package init(repository: Repository, home: Home, fallbackName: String) {
        self.repository = repository
        self.home = home
        self.fallbackName = fallbackName
    }

    /// The project at `commit` on `branch`, with privileged keys from their trusted source.
    package func project(at commit: ObjectID, branch: String) throws -> Project {
        try read(at: commit, branch: branch).project
    }

    private func read(at commit: ObjectID, branch: String) throws -> (
        project: Project, withheld: [String: [String]], trunk: ObjectID
    ) {
        let sources = try self.sources(at: commit)
        let trustedCommit = try defaultTip() ?? commit
        let trusted = trustedCommit == commit ? sources : try self.sources(at: trustedCommit)
        let mayDecide = try trustedCommit == commit || isTrusted(branch, by: trusted)
        let key = try [fallbackName] + names(of: commit) + (mayDecide ? [] : names(of: trustedCommit))
        if let known = Self.known.withLock({ $0[key] }) { return (known.project, known.withheld, trustedCommit) }
        let project = try Project.read(sources, trusted: mayDecide ? nil : trusted, fallbackName: fallbackName)
        let withheld = mayDecide ? [:] : sources.privilegesWithheld(in: project)
        Self.known.withLock { known in
            if known.count >= 64 { known.removeAll() }
            known[key] = (project, withheld)
        }
        return (project, withheld, trustedCommit)
    }

    /// Projects that were read before, by the ids of the folders that they were read from: a schedule fires at the same
    /// commit for months.
    private static let known = Mutex<[[String]: (project: Project, withheld: [String: [String]])]>([:])

    /// Everything that planning needs to know about `commit` on `branch`.
    ///
    /// - Parameters:
    ///   - base: the commit to compare with for path filters. Absent: the merge base with the default branch.
    ///   - pipeline: the only pipeline of interest. Absent: all pipelines.
    package func facts(at commit: ObjectID, branch: String, base: ObjectID?, pipeline: String? = nil) throws
        -> CommitFacts
    {
        let tree = try repository.commit(commit).tree
        var (project, withheld, trunk) = try read(at: commit, branch: branch)
        if let pipeline { project = project.limited(to: pipeline) }
        let inputs = InputReader(repository: repository, home: home)
        return CommitFacts(
            commit: commit, tree: tree, branch: branch, project: project,
            changedPaths: try changedPaths(project, base, commit, trunk),
            contents: try inputs.contents(of: project, tree: tree), datasets: inputs.datasets(of: project),
            withheld: withheld)
    }

    /// Whether privileged keys may come from the branch itself. Reads only the environments of the default branch: a
    /// broken pipeline there must not block the branch that fixes it.
    private func isTrusted(_ branch: String, by trusted: ProjectSources) throws -> Bool {
        var environments = trusted
        environments.pipelines = [:]
        let project = try Project.read(environments, fallbackName: fallbackName)
        return branch == project.defaultBranch || project.environment(ofBranch: branch)?.protected ?? false
    }

    /// The project at the tip of its default branch; `nil` if there is none.
    package func trustedProject() throws -> Project? {
        guard let tip = try defaultTip() else { return nil }
        return try Project.read(try sources(at: tip), fallbackName: fallbackName)
    }

    /// The contents of `environments/` and `pipelines/` at a commit. Most commits change neither, so parsed files are
    /// cached by the ids of the two trees.
    func sources(at commit: ObjectID) throws -> ProjectSources {
        let key = try names(of: commit)
        if let known = Self.parsed.withLock({ $0[key] }) { return known }
        var files: [String: [UInt8]?] = [:]
        for folder in Self.folders {
            files.merge(try repository.files(in: folder, at: commit, suffixes: [".yml"], limit: largestFile)) { $1 }
        }
        let sources = try readSources(files)
        Self.parsed.withLock { known in
            if known.count >= 256 { known.removeAll() }
            known[key] = sources
        }
        return sources
    }

    private static let folders = ["environments", "pipelines"]

    /// The Git ids of the folders that a project is read from.
    private func names(of commit: ObjectID) throws -> [String] {
        try Self.folders.map { try repository.object(at: $0, of: commit)?.description ?? "-" }
    }

    private static let parsed = Mutex<[[String]: ProjectSources]>([:])

    /// The tip of the default branch. This is the branch that its own `project.yml` names, else the branch that the
    /// repository's HEAD points to, else `main`. `nil` if the repository has none of them yet.
    package func defaultTip() throws -> ObjectID? {
        for branch in [repository.headBranch, "main"].compactMap({ $0 }) {
            guard let tip = try repository.tip(of: "refs/heads/\(branch)") else { continue }
            guard let named = try? sources(at: tip).base?["default_branch"]?.text, named != branch else { return tip }
            return try repository.tip(of: "refs/heads/\(named)") ?? tip
        }
        return nil
    }

    private func changedPaths(_ project: Project, _ base: ObjectID?, _ commit: ObjectID, _ trunk: ObjectID) throws
        -> [String]
    {
        let filters = project.pipelines.flatMap { $0.triggers.paths }
        guard !filters.isEmpty else { return [] }
        let start = try base ?? (trunk == commit ? nil : repository.mergeBase(trunk, commit))
        return try repository.changedPaths(from: start, to: commit)
    }
}
