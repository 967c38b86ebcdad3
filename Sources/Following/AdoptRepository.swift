import Foundation
import Git
import Home
import Projects
import Store
import Watching

/// What adopting a repository did.
public struct Adoption: Sendable, Codable {
    public let name: String
    public let repository: String
    public let url: String?
    public let hooks: [String]
    /// Whether a running daemon has been told.
    public let watched: Bool
}

/// Adopts a repository, to be watched: a local bare one through its hooks, a remote one through a mirror.
public struct RepositoryAdopter: Sendable {
    private let home: Home
    private let hookProgram: String
    private let servers: GitServers

    /// - Parameters:
    ///   - hookProgram: absolute path of `espalier-hook`.
    ///   - patience: seconds without any data until a Git server counts as unreachable.
    public init(home: Home, hookProgram: String, patience: Int) {
        self.home = home
        self.hookProgram = hookProgram
        servers = GitServers(patience: patience)
    }

    /// - Parameters:
    ///   - location: a path, or a URL (`file://`, `http(s)://`, `ssh://`, `user@host:path`).
    ///   - name: absent: the last part of the location.
    public func adopt(_ location: String, name: String?) async throws -> Adoption {
        try home.prepare()
        let store = try Store(path: home.database)
        let chosen = name ?? Self.name(of: location)
        if let other = try await store.projects().first(where: { $0.name == chosen }),
            other.repository != repositoryPath(location, chosen)
        {
            throw DaemonError.refused(
                "there is already a project '\(chosen)' at \(other.repository): choose another --name")
        }
        let project: StoredProject
        var hooks: [String] = []
        if Self.isURL(location) {
            let mirror = try Repository.createBare(at: home.mirror(chosen))
            try await servers.fetch(location, into: mirror.gitDirectory)
            project = try await store.adopt(
                name: chosen, repository: mirror.gitDirectory, url: location,
                refs: try mirror.tips(), at: Date())
        } else {
            let repository = try Repository(at: URL(fileURLWithPath: location).standardizedFileURL.path)
            hooks = try install(in: repository)
            project = try await store.adopt(
                name: chosen, repository: repository.gitDirectory, url: nil,
                refs: try repository.tips(), at: Date())
        }
        let heard = Doorbell.ring(home.socket, ["adopted \(chosen)"]) != nil
        return Adoption(
            name: project.name, repository: project.repository, url: project.url.map(redacted), hooks: hooks,
            watched: heard)
    }

    private func repositoryPath(_ location: String, _ name: String) -> String {
        if Self.isURL(location) { return home.mirror(name) }
        return (try? Repository(at: URL(fileURLWithPath: location).standardizedFileURL.path).gitDirectory) ?? location
    }

    package static func isURL(_ location: String) -> Bool {
        location.contains("://") || location.wholeMatch(of: /[^\/]+@[^\/]+:.*/) != nil
    }

    package static func name(of location: String) -> String {
        let last = location.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? "project"
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }

    /// The hooks are files whose first line names our program, so that the system starts it without a shell. An existing hook
    /// is kept beside it and still runs.
    private func install(in repository: Repository) throws -> [String] {
        let line = "#!\(hookProgram) \(home.socket)\n"
        guard line.utf8.count < 250 else {
            throw DaemonError.unusable(
                "the paths of espalier-hook and the home are too long for the first line of a hook")
        }
        let looked = try Hooks(home: home).folder(of: repository)
        guard looked.isOwn else {
            throw DaemonError.refused(
                "Git looks for hooks in \(looked.path) (core.hooksPath), which is not a folder of this repository, so it would "
                    + "not call ours: \(Hooks.ownFolder(repository.gitDirectory))")
        }
        let folder = looked.path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var installed: [String] = []
        for hook in Hooks.names {
            let path = "\(folder)/\(hook)"
            let present = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            if FileManager.default.fileExists(atPath: path), !present.contains("espalier-hook") {
                guard hook != "proc-receive" else {
                    throw DaemonError.refused(
                        "\(path) exists already, and two proc-receive hooks cannot share a repository")
                }
                try FileManager.default.moveItem(atPath: path, toPath: "\(path).local")
            }
            let text =
                line
                + "# Installed by `espalier adopt`: it tells the daemon what was pushed, and keeps gated branches.\n"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            installed.append(path)
        }
        try repository.configure("receive.procReceiveRefs", "refs/for")
        try repository.configure("receive.advertisePushOptions", "true")
        return installed
    }
}
