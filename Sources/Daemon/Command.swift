import Foundation
import Home

/// A request of a person to a running daemon. The command line sends it over the daemon's socket: a line `command`,
/// then a line of JSON. Both sides are the same program, so the JSON is not a stored format.
enum Command: Codable, Sendable {
    case cancel(run: Int64)
    case retry(run: Int64)
    case approve(change: Int64, by: String)
    case withdraw(change: Int64, by: String)
    /// - Parameter topic: absent: derived from the branch's name.
    case openChange(branch: String, target: String, topic: String?, project: String?)
    case approveDecision(Int64, by: String)
    case rollBack(RollBack)
    case testNotice(channel: String, environment: String, project: String?)
    case fire(schedule: String, project: String?, at: Date)
    case pause(schedule: String, project: String?, by: String, reason: String)
    /// - Parameter catchesUp: whether the misfire policy decides about missed moments. Otherwise they are skipped.
    case resume(schedule: String, project: String?, by: String, catchesUp: Bool)
    case backfill(Backfill)
    case cancelBackfill(Int64, by: String)
    case retryBackfill(Int64)
    /// - Parameter keeping: absent: the limits that the daemon was started with.
    case clean(keeping: Keeping?)

    struct RollBack: Codable, Sendable {
        let model: String
        /// Absent: the previous champion.
        let version: String?
        /// Can be absent if the model has only one.
        let environment: String?
        let by: String
        let reason: String
        /// Whether to accept a version that was not champion before. Then `version` is absent for the one that the alias
        /// points to.
        let accepts: Bool
    }

    struct Backfill: Codable, Sendable {
        let schedule: String
        let project: String?
        /// Logical times, both inclusive.
        let from: Date
        let through: Date
        /// A version of the environment's model. Absent: each moment uses the version that it is pinned to.
        let version: String?
        let parallel: Int
        let maxFailures: Int
        let by: String
    }

    /// The daemon's answer.
    enum Answer: Codable, Sendable {
        /// A sentence for the person, without a line feed at the end.
        case done(String)
        /// Numbers of the runs that were started.
        case runs([Int64])
        case backfill(Int64)
        case cleaned(Cleaning)
        /// The request was refused, with the reason.
        case refused(String)
    }

    /// What one side sent is not what the other expects.
    static let otherVersion = DaemonError.refused(
        "the daemon is of another version than this command: restart the daemon")

    /// The first line of the message.
    static let word = "command"

    /// The message, line by line.
    func lines() throws -> [String] {
        [Self.word, String(decoding: try JSONEncoder().encode(self), as: UTF8.self)]
    }

    /// - Parameter lines: of a message, including the first.
    /// - Throws: `DaemonError.refused` for a message that another version may have sent.
    init(lines: [String]) throws {
        guard lines.count == 2, let command = try? JSONDecoder().decode(Self.self, from: Data(lines[1].utf8)) else {
            throw Self.otherVersion
        }
        self = command
    }
}
