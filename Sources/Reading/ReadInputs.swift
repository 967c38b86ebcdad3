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
            versions[environment.name] = environment.datasets.compactMapValues { datasetVersion(of: $0, root) }
        }
    }
}

/// The current version of a dataset; `nil` if it does not exist.
///
/// - Parameter root: the environment's data root.
package func datasetVersion(of dataset: Dataset, _ root: String) -> String? {
    switch dataset {
    case .version(let text): text
    case .path(let path): datasetVersion(at: path.hasPrefix("/") ? path : "\(root)/\(path)")
    }
}

/// A text that changes when the data at `path` changes; `nil` if nothing is there.
///
/// Contents are not read. A file is identified by size and time, a Delta table by its log, a folder by the files below
/// it.
package func datasetVersion(at path: String) -> String? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    guard isFolder.boolValue else { return stamp(path) }
    let log = "\(path)/_delta_log"
    let isTable = FileManager.default.fileExists(atPath: log)
    let folder = isTable ? log : path
    // Names are enough: entries of a Delta log are written once, and they name the table's files.
    let names = (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).sorted()
    return sha256(names.map { "\($0) \(stamp("\(folder)/\($0)"))\n" }.joined())
}

private func stamp(_ path: String) -> String {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return "gone" }
    let changed = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    return "\(attributes[.size] ?? 0) bytes, \(changed)"
}
