import Events
import Foundation
import Git
import Home
import Templates

/// A commit that contains the rendered template and nothing else.
public struct TemplateCommit {
    /// The commit message. It ends with the id of the commit's own tree. A squashed or amended commit has a different
    /// tree and so is not recognized as a template commit.
    package static func message(_ title: String, tree: ObjectID) -> String {
        "\(title)\n\nEspalier-Template: \(tree)\n"
    }

    static func isOne(_ commit: Commit) -> Bool {
        commit.message.hasSuffix("\n\nEspalier-Template: \(commit.tree)\n")
    }
}

/// Starts a project: writes the template with the answers as the first commit of a repository.
public struct ProjectStarter {
    package let folder: String
    let template: Template
    let version: String

    /// - Parameter folder: does not exist, is empty, or has a repository without commits and files.
    public init(_ folder: String, template: Template, version: String) throws {
        self.folder = URL(fileURLWithPath: folder).standardizedFileURL.path
        self.template = template
        self.version = version
        try refuseFilesThere()
    }

    public var questions: [Question] {
        Question.all(of: template, folder: URL(fileURLWithPath: folder).lastPathComponent)
    }

    /// Writes the project and makes the first commit.
    public func start(_ answers: Answers) throws -> ObjectID {
        let files = try template.project(answers, version: version)
        let existed = FileManager.default.fileExists(atPath: folder)
        let repository = try Repository.create(in: folder, branch: answers.defaultBranch)
        do {
            let person = try committer(in: repository)
            let tree = try repository.writeTree(files)
            let commit = try repository.writeCommit(
                tree: tree, parents: [], by: person,
                message: TemplateCommit.message("Start from the template of Espalier \(version)", tree: tree),
                time: Int64(Date().timeIntervalSince1970))
            try repository.begin(answers.defaultBranch, at: commit)
            return commit
        } catch {
            // If the folder did not exist before, leave nothing behind.
            if !existed { try? FileManager.default.removeItem(atPath: folder) }
            throw error
        }
    }

    private func refuseFilesThere() throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else { throw DaemonError.refused("\(folder) is a file: name a folder") }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != ".git" }
        guard names.isEmpty else {
            throw DaemonError.refused(
                "\(folder) is not empty (\(names.sorted().prefix(3).joined(separator: ", "))): "
                    + "nothing is overwritten, so name a folder that is new or empty")
        }
        if let repository = try? Repository(at: folder), let tip = try repository.tip(of: "HEAD") {
            throw DaemonError.refused(
                "\(folder) has commits already (\(tip.short)): a project starts in a repository without any")
        }
    }
}

/// The committer as Git determines it: from the environment first, then from its configuration.
func committer(in repository: Repository) throws -> Person {
    let environment = ProcessInfo.processInfo.environment
    if let name = environment["GIT_AUTHOR_NAME"], let email = environment["GIT_AUTHOR_EMAIL"] {
        return Person(name: name, email: email)
    }
    if let person = repository.configuredPerson() { return person }
    throw DaemonError.refused(
        "Git does not know who commits: git config --global user.name \"Your name\" && "
            + "git config --global user.email you@example.org")
}
