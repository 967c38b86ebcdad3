import Events
import Foundation
import Git
import Programs
import Projects
import Synchronization

/// The Git servers of remote projects. Each operation runs in its own process, because a process can be interrupted:
/// libgit2 (1.5) cannot, and waits for a silent server as long as the connection lasts.
package struct GitServers: Sendable {
    /// Seconds without any data until a server counts as unreachable.
    package var patience: Int

    /// The program to start: this one, even if its path has changed. Tests are another program and name the built one.
    private let program: String

    package init(patience: Int = 300, program: String = "/proc/self/exe") {
        self.patience = patience
        self.program = program
    }

    /// Updates a project's mirror.
    ///
    /// - Parameter changes: where the server keeps the heads of pull requests, with a `*` for their number.
    /// - Throws: `GitError`; `CancellationError`.
    package func fetch(_ project: StoredProject, token: String?, changes: String? = nil) async throws {
        try await fetch(project.url ?? "", into: project.repository, token: token, changes: changes)
    }

    /// Make a bare repository a mirror of one on a server.
    package func fetch(_ url: String, into repository: String, token: String? = nil, changes: String? = nil)
        async throws
    {
        _ = try await perform(.fetch(changes: changes), url, repository, token)
    }

    /// The commit of a ref on a project's server. Also brings the mirror up to date.
    package func tip(of ref: String, of project: StoredProject, token: String?) async throws -> ObjectID? {
        try await fetch(project, token: token)
        return try Repository(at: project.repository).tip(of: ref)
    }

    /// Move a branch on a project's server to a commit that descends from the branch's tip.
    ///
    /// - Returns: why the server rejected it; `nil` if it accepted.
    package func push(_ commit: ObjectID, to ref: String, of project: StoredProject, token: String?) async throws
        -> String?
    {
        try await perform(.push(commit: commit.description, ref: ref), project.url ?? "", project.repository, token)
    }

    private func perform(_ work: GitSubprocess.Work, _ url: String, _ repository: String, _ token: String?) async throws
        -> String?
    {
        let request = GitSubprocess(
            sender: ProcessInfo.processInfo.processIdentifier, repository: repository, url: url, token: token,
            patience: patience, work: work)
        let ending = try await Program(program, [GitSubprocess.command]).run(
            input: JSONEncoder().encode(request))
        guard let outcome = try? JSONDecoder().decode(GitSubprocess.Outcome.self, from: ending.output) else {
            throw request.failure("the process that asks it ended with \(ending.code)")
        }
        if let failure = outcome.failure { throw failure }
        return outcome.refusal
    }
}

/// A fetch or push in a child process that dies with its parent. The child reads this as JSON from standard input, and writes an
/// `Outcome` to standard output.
public struct GitSubprocess: Codable, Sendable {
    /// The subcommand that performs it.
    public static let command = "git-subprocess"

    package enum Work: Codable {
        case fetch(changes: String?)
        case push(commit: String, ref: String)
    }

    package struct Outcome: Codable {
        package var refusal: String?
        package var failure: GitError?
    }

    package let sender: Int32
    let repository: String
    package let url: String
    package let token: String?
    package let patience: Int
    package let work: Work

    /// Perform the request on standard input, write the outcome to standard output, and end this process.
    public static func perform() throws -> Never {
        let request = try JSONDecoder().decode(Self.self, from: FileHandle.standardInput.readDataToEndOfFile())
        guard endWithParent(request.sender) else { request.end(failure: request.failure("its parent is gone")) }
        let heard = Mutex(ContinuousClock.now)
        Thread.detachNewThread {
            while true {
                let end = heard.withLock { $0 }.advanced(by: .seconds(request.patience))
                if end <= .now {
                    request.end(failure: request.failure("it has said nothing for \(request.patience) s"))
                }
                Thread.sleep(forTimeInterval: ContinuousClock.now.duration(to: end) / .seconds(1))
            }
        }
        do throws(GitError) {
            request.end(refusal: try request.perform { heard.withLock { $0 = .now } })
        } catch {
            request.end(failure: error)
        }
    }

    private func perform(heard: @escaping () -> Void) throws(GitError) -> String? {
        let mirror = try Repository(at: repository)
        switch work {
        case .fetch(let changes):
            try mirror.mirror(from: url, token: token, changes: changes, heard: heard)
            return nil
        case .push(let commit, let ref):
            guard let commit = ObjectID(commit) else { return "\(commit) is no commit" }
            return try mirror.push(commit, to: ref, of: url, token: token, heard: heard)
        }
    }

    private func end(refusal: String? = nil, failure: GitError? = nil) -> Never {
        let outcome = try? JSONEncoder().encode(Outcome(refusal: refusal, failure: failure))
        // Fails if the parent is gone.
        try? FileHandle.standardOutput.write(contentsOf: outcome ?? Data())
        // End at once, even if libgit2 is still waiting.
        _exit(0)
    }

    package func failure(_ message: String) -> GitError {
        let operation = if case .fetch = work { "fetch" } else { "push to" }
        return GitError(operation: operation, subject: redacted(url), code: -1, message: message)
    }
}
