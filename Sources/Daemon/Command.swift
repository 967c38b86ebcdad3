import Answering
import Executing
import Firing
import Following
import Foundation
import Gating
import Home
import Promoting
import Reading
import Running

/// What a person asks of a running daemon. The command line sends it over the daemon's socket: a line `command`, then a line
/// of JSON. Both sides are the same program, so the JSON is no stored format.
enum Command: Codable, Sendable {
    case cancel(run: Int64)
    case retry(run: Int64)
    case approve(change: Int64, by: String)
    case withdraw(change: Int64, by: String)
    /// - Parameter topic: made from the branch's name when absent.
    case openChange(branch: String, target: String, topic: String?, project: String?)
    case approveDecision(Int64, by: String)
    case rollBack(RollBack)
    case testNotice(channel: String, environment: String, project: String?)
    case fire(schedule: String, project: String?, at: Date)
    case pause(schedule: String, project: String?, by: String, reason: String)
    /// - Parameter catchesUp: whether the misfire policy decides about what was missed; else that is skipped.
    case resume(schedule: String, project: String?, by: String, catchesUp: Bool)
    case backfill(Backfill)
    case cancelBackfill(Int64, by: String)
    case retryBackfill(Int64)
    /// - Parameter keeping: what may stay; as the daemon was started with when absent.
    case clean(keeping: Keeping?)

    struct RollBack: Codable, Sendable {
        let model: String
        /// The champion before the present one when absent.
        let version: String?
        /// May be absent where the model has one.
        let environment: String?
        let by: String
        let reason: String
    }

    struct Backfill: Codable, Sendable {
        let schedule: String
        let project: String?
        /// Logical times, both included.
        let from: Date
        let through: Date
        /// Of the environment's model; what each moment is pinned to when absent.
        let version: String?
        let parallel: Int
        let maxFailures: Int
        let by: String
    }

    /// What came of it.
    enum Answer: Codable, Sendable {
        /// A sentence for the person, without a line feed at its end.
        case done(String)
        /// Numbers of the runs that it started.
        case runs([Int64])
        case backfill(Int64)
        case cleaned(Cleaning)
        /// It was not done, and why.
        case refused(String)
    }

    /// The first line of the message.
    static let word = "command"

    /// The lines of the message.
    func lines() throws -> [String] {
        [Self.word, String(decoding: try JSONEncoder().encode(self), as: UTF8.self)]
    }

    /// - Parameter lines: of a message, with the first.
    /// - Throws: `DaemonError.refused` for what another version may have sent.
    init(lines: [String]) throws {
        guard lines.count == 2, let command = try? JSONDecoder().decode(Self.self, from: Data(lines[1].utf8)) else {
            throw DaemonError.refused("the daemon is of another version than this command: restart the daemon")
        }
        self = command
    }
}
