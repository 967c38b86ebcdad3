import CPosix
import Glibc

/// The program that Git calls as hooks in a watched repository. `espalier adopt` installs files whose first line names
/// this program and the daemon's socket, so the system starts it directly, without a shell.
///
/// A hook never fails a push because of the daemon: what it cannot report now, the daemon finds at its next look.
@main
struct Hook {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            say("usage: installed by `espalier adopt` as a Git hook\n", to: 2)
            exit(64)
        }
        let script = arguments[2]
        switch script.split(separator: "/").last {
        case "post-receive": afterPush(socket: arguments[1], script: script)
        case "proc-receive": receiveProposals()
        case "update": judgeUpdate(Array(arguments.dropFirst(2)))
        default:
            say("espalier: \(script) is not one of Espalier's hooks\n", to: 2)
            exit(64)
        }
    }

    /// Tells the daemon which refs moved, and tells the person the result.
    private static func afterPush(socket: String, script: String) {
        let input = readAll(0)
        let message = "pushed \(currentFolder())\n" + String(decoding: input, as: UTF8.self) + "\n"
        say(ring(socket, message), to: 1)
        runPreviousHook(input, to: script + ".local")
    }

    /// The daemon's answer, or why there is none.
    private static func ring(_ socket: String, _ message: String) -> String {
        let descriptor = espalier_connect(socket)
        guard descriptor >= 0 else {
            return errno == EACCES
                ? "espalier: this account may not connect to the daemon; if it runs, it will find this push by itself\n"
                : "espalier: the daemon is not running; it will pick this push up when it starts\n"
        }
        defer { close(descriptor) }
        _ = message.withCString { send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        errno = 0
        let answer = String(decoding: readAll(descriptor), as: UTF8.self)
        guard answer.isEmpty, errno == EAGAIN else { return answer }
        return "espalier: the daemon is busy; it will pick this push up\n"
    }

    /// Runs the hook that was installed before Espalier's, if there was one.
    private static func runPreviousHook(_ input: [UInt8], to program: String) {
        guard access(program, X_OK) == 0 else { return }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addclose(&actions, ends[1])
        var pid: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), nil]
        defer { arguments.forEach { free($0) } }
        guard posix_spawn(&pid, program, &actions, nil, &arguments, Glibc.environ) == 0 else { return }
        close(ends[0])
        signal(SIGPIPE, SIG_IGN)
        _ = write(ends[1], input, input.count)
        close(ends[1])
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }
}

func say(_ text: String, to descriptor: Int32) { _ = text.withCString { write(descriptor, $0, strlen($0)) } }

func readAll(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return bytes }
        bytes += buffer[0..<count]
    }
}

func currentFolder() -> String {
    guard let path = realpath(".", nil) else { return "." }
    defer { free(path) }
    return String(cString: path)
}
