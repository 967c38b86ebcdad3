import Digests
import Events
import Foundation
import Git
import Home
import Plans
import ProjectFiles
import Projects

/// A project in a folder, for people who edit it: what is invalid, how it resolves, and what would run.
public struct WorkingTree: Sendable {
    public let folder: String

    /// - Parameter folder: contains `environments/` and `pipelines/`.
    public init(_ folder: String) throws {
        self.folder = URL(fileURLWithPath: folder).standardizedFileURL.path
        let parts = ["environments", "pipelines"].map { "\(self.folder)/\($0)" }
        guard parts.contains(where: FileManager.default.fileExists(atPath:)) else {
            throw DaemonError.unusable(
                "\(self.folder) has neither environments/ nor pipelines/: name the project's folder")
        }
    }

    /// The project. Throws everything that is wrong with it.
    public func project() throws -> Project {
        try Project.read(readSources(files()), fallbackName: URL(fileURLWithPath: folder).lastPathComponent)
    }

    private func files() throws -> [String: [UInt8]?] {
        var files: [String: [UInt8]?] = [:]
        for part in ["environments", "pipelines"] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(part)")) ?? []
            for name in names where name.hasSuffix(".yml") {
                let url = URL(fileURLWithPath: "\(folder)/\(part)/\(name)")
                let size = try url.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
                files.updateValue(
                    size > largestFile ? nil : [UInt8](try Data(contentsOf: url)), forKey: "\(part)/\(name)")
            }
        }
        return files
    }

    /// What a push of `branch` would start. Uses the tip of the branch if it exists, else the commit of HEAD.
    public func planPush(of branch: String) throws -> Planning {
        let facts = try facts(forPushOf: branch)
        let move = RefMove(ref: "refs/heads/\(branch)", from: nil, to: facts.commit)
        return Plans.plan(.push(move), at: facts, digest: sha256)
    }

    /// What planning knows about the commit that a push of `branch` would contain.
    package func facts(forPushOf branch: String) throws -> CommitFacts {
        let repository = try Repository(at: folder)
        guard let tip = try repository.tip(of: "refs/heads/\(branch)") ?? repository.tip(of: "HEAD") else {
            throw DaemonError.refused("\(folder) has no commit yet")
        }
        return try ProjectReader(
            repository: repository, home: Home(), fallbackName: URL(fileURLWithPath: folder).lastPathComponent
        )
        .facts(at: tip, branch: branch, base: nil)
    }
}
