import Foundation

/// A bare repository and a clone of it, worked on with the real `git`.
public final class GitFixture: Sendable {
    public let folder: TemporaryFolder
    public var bare: String { folder.path + "/bare.git" }
    public var work: String { folder.path + "/work" }

    public init() throws {
        folder = try TemporaryFolder()
        try run(["init", "--quiet", "--bare", "--initial-branch=main", bare], in: folder.path)
        try run(["clone", "--quiet", bare, work], in: folder.path)
        try run(["checkout", "--quiet", "-b", "main"], in: work)
    }

    /// Run git in the working copy. Returns its output, trimmed.
    @discardableResult
    public func git(_ arguments: String...) throws -> String { try run(arguments, in: work) }

    /// Run git in the bare repository.
    @discardableResult
    public func bareGit(_ arguments: String...) throws -> String { try run(arguments, in: bare) }

    /// Write and commit files. Returns the commit.
    @discardableResult
    public func commit(_ message: String, _ files: [String: String]) throws -> String {
        for (name, text) in files { try folder.write("work/\(name)", text) }
        try git("add", "--all")
        try git("commit", "--quiet", "--allow-empty", "--message", message)
        return try git("rev-parse", "HEAD")
    }

    /// Commit and push the current branch. Returns the commit.
    @discardableResult
    public func push(_ message: String, _ files: [String: String]) throws -> String {
        let commit = try self.commit(message, files)
        try git("push", "--quiet", "--force", "origin", "HEAD")
        return commit
    }

    @discardableResult
    private func run(_ arguments: [String], in folder: String) throws -> String {
        let (code, output) = try runProgram(
            "/usr/bin/git", arguments, in: folder,
            environment: [
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A tester",
                "GIT_AUTHOR_EMAIL": "tester@example.org",
                "GIT_COMMITTER_NAME": "A tester", "GIT_COMMITTER_EMAIL": "tester@example.org",
            ])
        guard code == 0 else { throw GitFailure(command: arguments, output: output) }
        return output
    }
}

public struct GitFailure: Error {
    public let command: [String]
    public let output: String
}
