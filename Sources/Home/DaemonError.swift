/// Errors that stop the daemon or a command, with messages for the person at the terminal.
public enum DaemonError: Error, Sendable, CustomStringConvertible {
    case unusable(String)
    case alreadyRunning(home: String)
    case notRunning(home: String)
    case refused(String)
    /// The daemon closed the connection or sent no answer. It may have carried out the command.
    case unanswered(home: String)

    public var description: String {
        switch self {
        case .unusable(let what), .refused(let what): what
        case .unanswered(let home):
            "the daemon on \(home) did not answer. It may have been done: see `espalier status` and `espalier runs`"
        case .alreadyRunning(let home): "a daemon is already running on \(home)"
        case .notRunning(let home): "no daemon is running on \(home): start one with `espalier serve`"
        }
    }
}
