import Foundation
import Home
import Watching

/// Sends requests to a running daemon.
public struct DaemonClient: Sendable {
    private let home: Home

    public init(home: Home) { self.home = home }

    /// Runs a schedule now for a logical time.
    ///
    /// - Returns: the numbers of the started runs.
    public func fire(_ schedule: String, project: String, at time: Date) throws -> [Int64] {
        try runs(.fire(schedule: schedule, project: named(project), at: time))
    }

    /// Pauses a schedule until it is resumed.
    ///
    /// - Returns: the result, as a sentence for the person.
    public func pause(_ schedule: String, project: String, as name: String, because reason: String) throws -> String {
        try sentence(.pause(schedule: schedule, project: named(project), by: name, reason: reason))
    }

    /// Resumes a paused schedule.
    ///
    /// - Parameter catchingUp: whether its misfire policy decides about missed moments. Otherwise they are skipped.
    /// - Returns: the result, as a sentence for the person.
    public func resume(_ schedule: String, project: String, as name: String, catchingUp: Bool) throws -> String {
        try sentence(.resume(schedule: schedule, project: named(project), by: name, catchesUp: catchingUp))
    }

    /// Runs the moments of a schedule in a range again, both ends inclusive.
    ///
    /// - Parameter version: a version of the environment's model. Absent: each moment uses the version that it is
    ///   pinned to.
    /// - Returns: the number of the backfill.
    public func backfill(
        _ schedule: String, project: String, from: Date, through: Date, version: String?, parallel: Int,
        maxFailures: Int, as name: String
    ) throws -> Int64 {
        let answer = try ask(
            .backfill(
                .init(
                    schedule: schedule, project: named(project), from: from, through: through, version: version,
                    parallel: parallel, maxFailures: maxFailures, by: name)))
        guard case .backfill(let number) = answer else { throw Command.otherVersion }
        return number
    }

    /// - Returns: the result, as a sentence for the person.
    public func cancel(backfill: Int64, as name: String) throws -> String {
        try sentence(.cancelBackfill(backfill, by: name))
    }

    /// - Returns: the result, as a sentence for the person.
    public func retry(backfill: Int64) throws -> String { try sentence(.retryBackfill(backfill)) }

    /// Ends a run early. Returns when the request is stored; the steps end soon after.
    public func cancel(run: Int64) throws { _ = try ask(.cancel(run: run)) }

    /// Retries everything that did not pass in an ended run.
    public func retry(run: Int64) throws { _ = try ask(.retry(run: run)) }

    /// - Parameter name: the person who approves.
    public func approve(change: Int64, as name: String) throws { _ = try ask(.approve(change: change, by: name)) }

    /// - Returns: the result, as a sentence for the person.
    public func approve(decision: Int64, as name: String) throws -> String {
        try sentence(.approveDecision(decision, by: name))
    }

    /// Rolls a model back to an earlier champion.
    ///
    /// - Parameters:
    ///   - version: absent: the previous champion.
    ///   - environment: can be absent if the model has only one.
    /// - Returns: the number of the run that tries the version and then moves the alias.
    public func rollBack(
        _ model: String, to version: String?, environment: String?, as name: String, because reason: String
    ) throws -> Int64? {
        try runs(
            .rollBack(
                .init(
                    model: model, version: version, environment: environment, by: name, reason: reason, accepts: false))
        ).first
    }

    /// Accepts a version as champion that no rule judged here.
    ///
    /// - Parameters:
    ///   - version: absent: the one that the registry's alias points to.
    ///   - environment: can be absent if only one uses the model.
    /// - Returns: the number of the run that tries the version and then moves the alias.
    public func accept(
        _ model: String, version: String?, environment: String?, as name: String, because reason: String
    ) throws -> Int64? {
        try runs(
            .rollBack(
                .init(model: model, version: version, environment: environment, by: name, reason: reason, accepts: true)
            )
        ).first
    }

    /// Sends a test message through a channel of an environment.
    ///
    /// - Returns: a line for each recipient.
    /// - Throws: `DaemonError.refused` with the same lines if a message could not be delivered.
    public func testNotice(_ channel: String, environment: String, project: String) throws -> String {
        try sentence(.testNotice(channel: channel, environment: environment, project: named(project)))
    }

    public func withdraw(change: Int64, as name: String) throws { _ = try ask(.withdraw(change: change, by: name)) }

    /// Opens a change with a branch as it is now. If the change exists, it gets the branch's new head.
    ///
    /// - Returns: the text that a push of the branch would show.
    public func openChange(of branch: String, into target: String, topic: String?, project: String) throws -> String {
        try sentence(.openChange(branch: branch, target: target, topic: topic, project: named(project)))
    }

    /// Removes what is no longer needed.
    ///
    /// - Parameter keeping: absent: the limits that the daemon was started with.
    public func clean(_ keeping: Keeping?) throws -> Cleaning {
        guard case .cleaned(let cleaning) = try ask(.clean(keeping: keeping)) else { throw Command.otherVersion }
        return cleaning
    }

    /// A project's name can be left out if there is only one.
    private func named(_ project: String) -> String? { project.isEmpty ? nil : project }

    private func sentence(_ command: Command) throws -> String {
        guard case .done(let said) = try ask(command) else { throw Command.otherVersion }
        return said.hasSuffix("\n") ? said : said + "\n"
    }

    private func runs(_ command: Command) throws -> [Int64] {
        guard case .runs(let runs) = try ask(command) else { throw Command.otherVersion }
        return runs
    }

    /// - Throws: `DaemonError.refused` if the daemon refuses; `.unanswered` if it closed the connection or sent
    ///   nothing.
    private func ask(_ command: Command) throws -> Command.Answer {
        guard let text = Doorbell.ring(home.socket, try command.lines(), waitSeconds: 60) else {
            throw DaemonError.notRunning(home: home.path)
        }
        guard let answer = try? JSONDecoder().decode(Command.Answer.self, from: Data(text.utf8)) else {
            // An older daemon does not know commands in this form and answers with an error.
            throw text.hasPrefix("error: ") ? Command.otherVersion : DaemonError.unanswered(home: home.path)
        }
        if case .refused(let reason) = answer { throw DaemonError.refused(reason) }
        return answer
    }
}
