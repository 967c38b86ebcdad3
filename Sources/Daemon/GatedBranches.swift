import Events
import Foundation
import Git
import Projects
import Store

/// Which branches take no direct pushes: told to the update hook in files, so that it keeps them without a daemon, too.
struct GatedBranches {
    let project: StoredProject
    let home: Home

    private var folder: String { "\(project.repository)/espalier" }

    /// Write the list anew, where these moves may change it.
    func update(after moves: [RefMove]?) throws {
        let repository = try Repository(at: project.repository)
        let reader = ProjectReader(repository: repository, home: home, fallbackName: project.name)
        // While the trusted files are broken, what was gated stays gated.
        guard let trusted = try reader.trustedProject() else { return }
        let gated = trusted.environments.filter { $0.gate != nil }
        let isConcerned = moves?.contains { move in
            guard let branch = move.branch else { return false }
            let isNewOrGone = move.from == nil || move.to == nil
            return branch == trusted.defaultBranch || isNewOrGone && gated.contains { $0.covers(branch: branch) }
        }
        guard isConcerned ?? true else { return }
        let branches =
            gated.isEmpty ? [] : try repository.tips().keys.compactMap { RefMove(ref: $0, from: nil, to: nil).branch }
        let lines = branches.filter { branch in trusted.environment(ofBranch: branch)?.gate != nil }.sorted()
        let path = "\(folder)/gated"
        let text = lines.map { "\($0)\n" }.joined()
        if text.isEmpty, !FileManager.default.fileExists(atPath: path) { return }
        if (try? String(contentsOfFile: path, encoding: .utf8)) == text { return }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    func isGated(_ branch: String) -> Bool {
        let text = (try? String(contentsOfFile: "\(folder)/gated", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").contains { $0 == branch }
    }

    /// Let one push through, until then.
    func letThrough(_ branch: String, until end: Date) throws {
        let name = branch.replacing("%", with: "%25").replacing("/", with: "%2F")
        try FileManager.default.createDirectory(atPath: "\(folder)/bypass", withIntermediateDirectories: true)
        try "\(Int(end.timeIntervalSince1970))\n".write(
            toFile: "\(folder)/bypass/\(name)", atomically: true, encoding: .utf8)
    }
}
