import Events
import Foundation
import Git
import Home
import Programs
import Projects
import Reading
import Store
import Synchronization

/// The Git servers of projects that live elsewhere. Each thing that is wanted of one is done by a process of its own: libgit2
/// (1.5) waits for a server that has gone silent for as long as the connection lasts, and cannot be interrupted; a process
/// can.
package struct GitServers: Sendable {
    /// Seconds without a sign of life until a server counts as gone.
    package var patience: Int

    /// Performs errands: this program, whatever its path is called by now; in tests, which are another one, the built one.
    private let program: String

    package init(patience: Int = 300, program: String = "/proc/self/exe") {
        self.patience = patience
        self.program = program
    }

    /// Bring a project's mirror up to date.
    ///
    /// - Parameter changes: where the server keeps the heads of pull requests, with a `*` for their number.
    /// - Throws: `GitError`; `CancellationError`.
    package func fetch(_ project: StoredProject, token: String?, changes: String? = nil) async throws {
        try await fetch(project.url ?? "", into: project.repository, token: token, changes: changes)
    }

    /// Make a bare repository a mirror of a server's.
    package func fetch(_ url: String, into repository: String, token: String? = nil, changes: String? = nil)
        async throws
    {
        _ = try await perform(.fetch(changes: changes), url, repository, token)
    }

    /// Where a ref is on a project's server; the mirror is there, too, when this returns.
    package func tip(of ref: String, of project: StoredProject, token: String?) async throws -> ObjectID? {
        try await fetch(project, token: token)
        return try Repository(at: project.repository).tip(of: ref)
    }

    /// Move a branch on a project's server to a commit that descends from where it is.
    ///
    /// - Returns: why the server does not take it; `nil` when it has.
    package func push(_ commit: ObjectID, to ref: String, of project: StoredProject, token: String?) async throws
        -> String?
    {
        try await perform(.push(commit: commit.description, ref: ref), project.url ?? "", project.repository, token)
    }

    private func perform(_ work: ServerErrand.Work, _ url: String, _ repository: String, _ token: String?) async throws
        -> String?
    {
        let errand = ServerErrand(
            sender: ProcessInfo.processInfo.processIdentifier, repository: repository, url: url, token: token,
            patience: patience, work: work)
        let ending = try await Program(program, [ServerErrand.command]).run(
            input: JSONEncoder().encode(errand))
        guard let outcome = try? JSONDecoder().decode(ServerErrand.Outcome.self, from: ending.output) else {
            throw errand.failure("the process that asks it ended with \(ending.code)")
        }
        if let failure = outcome.failure { throw failure }
        return outcome.refusal
    }
}

/// What one process does for another, and not without it: it reads this, and writes what came of it.
public struct ServerErrand: Codable, Sendable {
    /// The subcommand that performs it.
    public static let command = "server-errand"

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

    /// Do what standard input says, and end this process with an outcome on standard output.
    public static func perform() throws -> Never {
        let errand = try JSONDecoder().decode(Self.self, from: FileHandle.standardInput.readDataToEndOfFile())
        guard endWithParent(errand.sender) else { errand.end(failure: errand.failure("nobody waits for it")) }
        let heard = Mutex(ContinuousClock.now)
        Thread.detachNewThread {
            while true {
                let end = heard.withLock { $0 }.advanced(by: .seconds(errand.patience))
                if end <= .now { errand.end(failure: errand.failure("it has said nothing for \(errand.patience) s")) }
                Thread.sleep(forTimeInterval: ContinuousClock.now.duration(to: end) / .seconds(1))
            }
        }
        do throws(GitError) {
            errand.end(refusal: try errand.perform { heard.withLock { $0 = .now } })
        } catch {
            errand.end(failure: error)
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
        FileHandle.standardOutput.write(outcome ?? Data())
        // At once, whatever libgit2 is waiting for.
        _exit(0)
    }

    package func failure(_ message: String) -> GitError {
        let operation = if case .fetch = work { "fetch" } else { "push to" }
        return GitError(operation: operation, subject: redacted(url), code: -1, message: message)
    }
}
