import Events
import Foundation
import Git
import Home
import Projects
import Reading
import Store
import Synchronization

/// The list of branches that accept no direct pushes. It is written to files for the update hook, which enforces it
/// even without a daemon.
struct GatedBranches {
    let project: StoredProject
    let home: Home

    /// The trees of `environments/` from which the lists were written.
    private static let written = Mutex<[String: ObjectID]>([:])

    private var folder: String { "\(project.repository)/espalier" }

    /// Rewrites the list if these moves may change it.
    func update(after moves: [RefMove]?) throws {
        let repository = try Repository(at: project.repository)
        let reader = ProjectReader(repository: repository, home: home, fallbackName: project.name)
        let tree = try reader.defaultTip().flatMap { try repository.object(at: "environments", of: $0) }
        let hasNewOrGone = moves?.contains { $0.branch != nil && $0.makesOrRemoves } ?? true
        if let tree, !hasNewOrGone, Self.written.withLock({ $0[project.repository] == tree }) { return }
        // While the trusted files are invalid, gated branches stay gated.
        guard let trusted = try reader.trustedProject() else { return }
        let gated = trusted.environments.filter { $0.gate != nil }
        let isConcerned = moves?.contains { move in
            guard let branch = move.branch else { return false }
            return branch == trusted.defaultBranch
                || move.makesOrRemoves && gated.contains { $0.covers(branch: branch) }
        }
        guard isConcerned ?? true else { return }
        let branches = gated.isEmpty ? [] : try repository.tips().keys.compactMap(branchName)
        let lines = branches.filter { branch in trusted.environment(ofBranch: branch)?.gate != nil }.sorted()
        try write(lines.map { "\($0)\n" }.joined())
        // Remember the tree only after its list was written.
        Self.written.withLock { $0[project.repository] = tree }
    }

    private func write(_ text: String) throws {
        let path = "\(folder)/gated"
        if text.isEmpty, !FileManager.default.fileExists(atPath: path) { return }
        if (try? String(contentsOfFile: path, encoding: .utf8)) == text { return }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    func isGated(_ branch: String) -> Bool {
        let text = (try? String(contentsOfFile: "\(folder)/gated", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").contains { $0 == branch }
    }

    /// Allows one push until the given time.
    func letThrough(_ branch: String, until end: Date) throws {
        let name = branch.replacing("%", with: "%25").replacing("/", with: "%2F")
        try FileManager.default.createDirectory(atPath: "\(folder)/bypass", withIntermediateDirectories: true)
        try "\(Int(end.timeIntervalSince1970))\n".write(
            toFile: "\(folder)/bypass/\(name)", atomically: true, encoding: .utf8)
    }
}

/// Lets operators bypass a gate, on record. Works without a daemon, because the daemon may be what is broken.
public struct GateBypass: Sendable {
    private let home: Home

    public init(home: Home) { self.home = home }

    /// Allows one push into a gated branch.
    ///
    /// - Parameters:
    ///   - minutes: the permission expires after this many minutes.
    ///   - name: the person who bypasses the gate.
    ///   - project: name of the project. Absent: the only one.
    /// - Throws: `DaemonError.refused` if the branch is not gated.
    public func letThrough(_ branch: String, minutes: Int, reason: String, as name: String, project: String?)
        async throws
    {
        try home.prepare()
        let store = try Store(path: home.database)
        let project = try await store.project(named: project)
        let gated = GatedBranches(project: project, home: home)
        guard gated.isGated(branch) else {
            throw DaemonError.refused("'\(branch)' is not gated: push as usual")
        }
        // Record it before it can be used.
        try await store.note(
            .bypassed(branch: branch, reason: reason), by: name, project: project.id, at: Date())
        try gated.letThrough(branch, until: Date().addingTimeInterval(60 * Double(minutes)))
    }
}
