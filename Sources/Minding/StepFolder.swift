/// The folder of one attempt of a step, which the daemon and the minder share.
///
/// ```
/// DIR/lock      held by the live minder; its text is the minder's process id
/// DIR/log       standard output and error of the command
/// DIR/exit      the exit record: one line, written when the command has ended
/// DIR/config.json
/// DIR/outputs/  files the command wanted to keep, once it has ended
/// DIR/output    key=value lines, once it has ended
/// ```
public struct StepFolder: Sendable, Hashable {
    public let path: String

    public init(_ path: String) { self.path = path }

    public var lock: String { path + "/lock" }
    public var log: String { path + "/log" }
    public var exit: String { path + "/exit" }
    public var outputs: String { path + "/outputs" }
    public var output: String { path + "/output" }
    public var config: String { path + "/config.json" }
}

/// How a minded command ended.
public enum Ending: Sendable, Hashable {
    case exited(Int32)
    case signalled(Int32)
    case timedOut
    /// The kernel killed one of its processes because it exceeded its memory limit.
    case outOfMemory
    case stopped
    /// The command was never started; the reason.
    case unprepared(String)

    /// - Parameter line: the exit record. The result is nil when it is not one.
    public init?(record line: String) {
        let parts = line.split(separator: " ", maxSplits: 1)
        let rest = parts.count > 1 ? String(parts[1]).trimmingSuffix(while: \.isNewline) : ""
        switch parts.first.map({ $0.trimmingSuffix(while: \.isNewline) }) {
        case "exited":
            guard let code = Int32(rest) else { return nil }
            self = .exited(code)
        case "signalled":
            guard let signal = Int32(rest) else { return nil }
            self = .signalled(signal)
        case "timed-out": self = .timedOut
        case "out-of-memory": self = .outOfMemory
        case "stopped": self = .stopped
        case "unprepared": self = .unprepared(rest)
        default: return nil
        }
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var end = endIndex
        while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
        return String(self[startIndex..<end])
    }
}
