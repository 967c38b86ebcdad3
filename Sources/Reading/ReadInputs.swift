import Digests
import Events
import Foundation
import Git
import Home
import Projects
import Synchronization

/// Determines the inputs of steps that declare them: files of the tree, and datasets outside it.
struct InputReader {
    let repository: Repository
    let home: Home

    /// A digest of what each pattern matches in the tree. Patterns without a match are left out.
    func contents(of project: Project, tree: ObjectID) throws -> [Glob: String] {
        let globs = Set(project.pipelines.flatMap { $0.steps.flatMap(\.inputs) } + project.environments.flatMap(\.lock))
        return try globs.reduce(into: [:]) { contents, glob in contents[glob] = try content(of: glob, tree) }
    }

    private func content(of glob: Glob, _ tree: ObjectID) throws -> String? {
        if glob.isLiteral {
            return try repository.file(at: glob.description, in: tree).map { "\($0.mode) \($0.object)" }
        }
        guard let folder = try repository.object(at: glob.folder, in: tree) else { return nil }
        if glob.isOneObject { return folder.description }
        // Equal folders have equal files, so a pattern is evaluated once per folder.
        let key = "\(folder) \(glob)"
        if let known = Self.known.withLock({ $0[key] }) { return known }
        let found = try repository.files(below: glob.folder, in: tree).filter { glob.matches($0.path) }
        guard !found.isEmpty else { return nil }
        let digest = sha256(found.map { "\($0.mode) \($0.object) \($0.path)\n" }.joined())
        Self.known.withLock { known in
            if known.count >= 4_096 { known.removeAll() }
            known[key] = digest
        }
        return digest
    }

    private static let known = Mutex<[String: String]>([:])

    /// The current versions of each environment's datasets. Datasets without a version are left out.
    func datasets(of project: Project) -> [String: [String: String]] {
        project.environments.reduce(into: [:]) { versions, environment in
            let root = home.data(
                project: project.name, environment: environment.name, configured: environment.dataRoot)
            let current = DatasetVersions(home, root: root)
            versions[environment.name] = environment.datasets.compactMapValues(current.version)
        }
    }
}
