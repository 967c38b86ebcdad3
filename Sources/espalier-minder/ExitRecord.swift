import CPosix
import Glibc

/// How a command ended.
enum Ending {
    case exited(Int32)
    case signalled(Int32)
    case timedOut
    case outOfMemory
    case stopped
    /// The command never started.
    case unprepared(String)

    /// - Parameter status: status from `waitpid`.
    init(status: Int32) {
        let signal = status & 0x7f
        self = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }

    /// Whether the command itself failed.
    var isFailure: Bool {
        switch self {
        case .exited(let code): code != 0
        case .signalled: true
        case .timedOut, .outOfMemory, .stopped, .unprepared: false
        }
    }

    var line: String {
        switch self {
        case .exited(let code): "exited \(code)"
        case .signalled(let signal): "signalled \(signal)"
        case .timedOut: "timed-out"
        case .outOfMemory: "out-of-memory"
        case .stopped: "stopped"
        case .unprepared(let reason): "unprepared \(reason)"
        }
    }
}

/// `DIR/exit`: one line. It is complete or missing, even after a power cut.
struct ExitRecord {
    let directory: String

    /// Write this process's id into the lock file. Others may signal that id while the lock is held.
    func claim() {
        let text = "\(getpid())\n"
        _ = text.withCString { pwrite(3, $0, strlen($0), 0) }
    }

    /// Write the record, release the lock so that a waiting daemon can read it, and flush it to disk last.
    ///
    /// One fsync after the rename makes both durable. A power cut before it leaves a complete record, or none that can be
    /// read.
    func write(_ ending: Ending) {
        let temporary = directory + "/exit.tmp"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { return complain("espalier-minder: cannot write \(temporary): \(reason())\n") }
        let text = ending.line + "\n"
        _ = text.withCString { Glibc.write(file, $0, strlen($0)) }
        rename(temporary, directory + "/exit")
        _ = espalier_unlock(3)
        fsync(file)
        close(file)
    }
}
