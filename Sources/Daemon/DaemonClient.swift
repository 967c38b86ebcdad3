import Foundation
import Watching

/// Asks a running daemon to do something.
public struct DaemonClient: Sendable {
    private let home: Home

    public init(home: Home) { self.home = home }

    /// Run a schedule now for a logical time.
    ///
    /// - Returns: the numbers of the runs that were started.
    public func fire(_ schedule: String, project: String, at time: Date) throws -> [Int64] {
        let answer = try ask(["fire", named(project), schedule, time.formatted(.iso8601)])
        return answer.split(separator: "\n").compactMap { Int64($0.dropFirst("run ".count)) }
    }

    /// Have a schedule not fire until it is resumed.
    ///
    /// - Returns: what came of it, for the person.
    public func pause(_ schedule: String, project: String, as name: String, because reason: String) throws -> String {
        try ask(["pause", named(project), schedule, name, named(reason)])
    }

    /// Have a schedule fire again.
    ///
    /// - Parameter catchingUp: whether its misfire policy decides about what was missed; else that is skipped.
    /// - Returns: what came of it, for the person.
    public func resume(_ schedule: String, project: String, as name: String, catchingUp: Bool) throws -> String {
        try ask(["resume", named(project), schedule, name, catchingUp ? "catch-up" : "-"])
    }

    /// Run the moments of a schedule in a range again, both ends included.
    ///
    /// - Parameter version: of the environment's model; what each moment is pinned to when absent.
    /// - Returns: the number of the backfill.
    public func backfill(
        _ schedule: String, project: String, from: Date, through: Date, version: String?, parallel: Int,
        maxFailures: Int, as name: String
    ) throws -> Int64 {
        let answer = try ask([
            "backfill", named(project), schedule, from.formatted(.iso8601), through.formatted(.iso8601), version ?? "-",
            String(parallel), String(maxFailures), name,
        ])
        return Int64(answer.trimmingCharacters(in: .whitespacesAndNewlines).dropFirst("backfill ".count)) ?? 0
    }

    /// - Returns: what came of it, for the person.
    public func cancel(backfill: Int64, as name: String) throws -> String {
        try ask(["cancel-backfill", String(backfill), name])
    }

    /// - Returns: what came of it, for the person.
    public func retry(backfill: Int64) throws -> String { try ask(["retry-backfill", String(backfill)]) }

    /// An empty line would end the message: what is not named travels as a dash.
    private func named(_ text: String) -> String { text.isEmpty ? "-" : text }

    /// End a run early. Returns when that is on record; its steps end soon after.
    public func cancel(run: Int64) throws { _ = try ask(["cancel \(run)"]) }

    /// Try what did not pass in an ended run once more.
    public func retry(run: Int64) throws { _ = try ask(["retry \(run)"]) }

    /// - Parameter name: who looked at it.
    public func approve(change: Int64, as name: String) throws { _ = try ask(["approve", String(change), name]) }

    /// - Returns: what came of it, for the person.
    public func approve(decision: Int64, as name: String) throws -> String {
        try ask(["approve-decision", String(decision), name])
    }

    /// Have a version be champion again.
    ///
    /// - Parameters:
    ///   - version: the champion before the present one when absent.
    ///   - environment: may be absent where the model has one.
    /// - Returns: the number of the run that tries the version, and then moves the alias.
    public func rollBack(
        _ model: String, to version: String?, environment: String?, as name: String, because reason: String
    )
        throws -> Int64?
    {
        let answer = try ask(["rollback", model, version ?? "-", environment ?? "-", name, reason])
        return Int64(answer.trimmingCharacters(in: .whitespacesAndNewlines).dropFirst("run ".count))
    }

    /// Send a test message through a channel of an environment.
    ///
    /// - Returns: a line for each recipient.
    /// - Throws: `DaemonError.refused` with the same when somebody could not be told.
    public func testNotice(_ channel: String, environment: String, project: String) throws -> String {
        try ask(["test-notice", project.isEmpty ? "-" : project, channel, environment])
    }

    public func withdraw(change: Int64, as name: String) throws { _ = try ask(["withdraw", String(change), name]) }

    /// Open a change of a branch as it is now; doing it again gives the change the branch's new head.
    ///
    /// - Returns: what a person who pushes it would read.
    public func openChange(of branch: String, into target: String, topic: String?, project: String) throws -> String {
        try ask(["open", named(project), branch, target, topic ?? "-"])
    }

    /// Remove what nobody needs any more.
    ///
    /// - Parameter keeping: what may stay; as the daemon was started with when absent.
    public func clean(_ keeping: Keeping?) throws -> Cleaning {
        let answer = try ask([keeping.map { "gc \($0.days) \($0.bytes)" } ?? "gc"])
        return try JSONDecoder().decode(Cleaning.self, from: Data(answer.utf8))
    }

    private func ask(_ lines: [String]) throws -> String {
        guard let answer = Doorbell.ring(home.socket, lines, waitSeconds: 60) else {
            throw DaemonError.notRunning(home: home.path)
        }
        guard !answer.hasPrefix("error: ") else {
            throw DaemonError.refused(
                String(answer.dropFirst("error: ".count)).trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return answer
    }
}
