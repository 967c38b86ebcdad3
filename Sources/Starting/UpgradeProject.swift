import Events
import Foundation
import Git
import Home
import ProjectFiles
import Projects
import Templates

/// What an upgrade changed in the working tree.
public struct Upgrade: Sendable, Encodable {
    /// The commit of the template that was merged. Absent if there was nothing new.
    public let template: String?
    /// Files with conflict markers.
    public let conflicts: [String]
}

/// Merges what is new in the template into a project that was started from it, by a three-way merge.
///
/// The commits that contain only the rendered template with the project's answers form their own line of history: the
/// first one is the project's first commit, and each later one has the previous one as its parent. So Git itself knows,
/// in every clone, which state of the template was merged last.
public struct ProjectUpgrader {
    package let folder: String
    let template: Template
    let version: String

    public init(_ folder: String, template: Template, version: String) {
        self.folder = URL(fileURLWithPath: folder).standardizedFileURL.path
        self.template = template
        self.version = version
    }

    /// Merges into the working tree, as `git merge --no-commit` does.
    public func upgrade() throws -> Upgrade {
        let repository = try Repository(at: folder)
        try refuseUnfinishedWork(in: repository)
        let base = try lastTemplate(in: repository)
        let files = try template.project(try answers(), version: version)
        try refuseUnknown(files.keys.sorted(), since: base, in: repository)
        let tree = try repository.writeTree(files)
        guard tree != base.tree else { return Upgrade(template: nil, conflicts: []) }
        let title = "Take what is new in the template of Espalier \(version)"
        let commit = try repository.writeCommit(
            tree: tree, parents: [base.id], by: try committer(in: repository),
            message: TemplateCommit.message(title, tree: tree), time: Int64(Date().timeIntervalSince1970))
        let conflicts = try repository.mergeIntoFolder(commit, label: "template")
        try "\(title)\n".write(toFile: "\(repository.gitDirectory)/MERGE_MSG", atomically: true, encoding: .utf8)
        return Upgrade(template: commit.description, conflicts: conflicts)
    }

    private func refuseUnfinishedWork(in repository: Repository) throws {
        guard !repository.isBusy else {
            throw DaemonError.refused("a merge or rebase has begun in \(folder): finish it, or `git merge --abort`")
        }
        let changed = try repository.changedFiles()
        guard changed.isEmpty else {
            throw DaemonError.refused(
                "\(changed.prefix(3).joined(separator: ", "))\(changed.count > 3 ? " and \(changed.count - 3) others" : "") "
                    + "differ from HEAD: commit or stash what you have changed first")
        }
    }

    /// Refuses to overwrite untracked files with new files of the template.
    private func refuseUnknown(_ files: [String], since base: Commit, in repository: Repository) throws {
        guard let head = try repository.tip(of: "HEAD") else { return }
        let met = try files.first { file in
            try FileManager.default.fileExists(atPath: "\(folder)/\(file)")
                && repository.object(at: file, of: head) == nil && repository.object(at: file, in: base.tree) == nil
        }
        guard let met else { return }
        throw DaemonError.refused(
            "\(met) is there, and Git does not know it; the template brings a file of that name: commit it, or move it away"
        )
    }

    /// The template commit that was last merged into HEAD.
    private func lastTemplate(in repository: Repository) throws -> Commit {
        guard let head = try repository.tip(of: "HEAD") else {
            throw DaemonError.refused("\(folder) has no commit yet")
        }
        guard let found = try repository.latestCommit(leadingTo: head, where: TemplateCommit.isOne) else {
            throw DaemonError.refused(
                "no commit that leads to HEAD holds the template: the history of `espalier init` is needed for a merge "
                    + "(a shallow clone lacks it: git fetch --unshallow)")
        }
        return found
    }

    /// The answers that the project was started with, from its own record.
    private func answers() throws -> Answers {
        let file = "\(folder)/\(Template.record)"
        guard let data = FileManager.default.contents(atPath: file) else {
            throw DaemonError.refused("\(file) is missing: only a project of `espalier init` can be upgraded")
        }
        let record = try parseYAML([UInt8](data), file: Template.record)
        let questions = Question.all(of: template, folder: URL(fileURLWithPath: folder).lastPathComponent)
        return try Answers(record["answers"] ?? record, to: questions)
    }
}
