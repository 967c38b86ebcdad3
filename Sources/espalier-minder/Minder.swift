import CPosix
import Glibc

/// Starts one command, outlives the daemon that asked for it, and leaves an exit record behind.
///
/// The daemon takes the lock on `DIR/lock`, and this process inherits it as descriptor 3. The lock is released with the exit
/// record, or when this process dies, so whoever waits for it learns of the end at once.
@main
struct Minder {
    static func main() {
        guard let request = Request(CommandLine.arguments) else {
            complain(
                "usage: espalier-minder --dir DIR [--folder DIR] [--lower DIR --layer DIR] [--timeout S] [--grace S] [--environment FD] [--sandbox PROGRAM --arguments FD] [GROUPS] -- COMMAND…\n"
            )
            exit(64)
        }
        let record = ExitRecord(directory: request.directory)
        record.claim()
        guard let problem = request.group.make() ?? prepare(request) else {
            record.write(run(request))
            exit(0)
        }
        request.group.remove()
        record.write(.unprepared(problem))
        exit(1)
    }

    /// Mount the run's layer over the workspace.
    ///
    /// - Returns: the reason when that fails, else nil.
    static func prepare(_ request: Request) -> String? {
        guard let lower = request.lower else { return nil }
        let layer = request.layer
        for folder in [layer, layer + "/upper", layer + "/work", layer + "/own", layer + "/own/tree"]
        where mkdir(folder, 0o755) != 0 {
            if errno != EEXIST { return "cannot make \(folder): \(reason())" }
        }
        let mounted = espalier_mount_overlay(lower, layer + "/upper", layer + "/work", layer + "/own/tree")
        return mounted == 0 ? nil : "cannot lay the run's layer over \(lower): \(reason())"
    }

    static func run(_ request: Request) -> Ending {
        var watched = sigset_t()
        sigemptyset(&watched)
        for signal in [SIGCHLD, SIGTERM, SIGINT, SIGHUP] { sigaddset(&watched, signal) }
        sigprocmask(SIG_BLOCK, &watched, nil)
        _ = espalier_become_subreaper()
        let child: pid_t
        do throws(Problem) {
            child = try start(request)
        } catch {
            request.group.remove()
            return .unprepared(error.text)
        }
        let ending = wait(for: child, request, watched)
        request.group.killAll()
        endAll()
        let ranOut = ending.isFailure && request.group.ranOutOfMemory
        request.group.remove()
        return ranOut ? .outOfMemory : ending
    }

    private static func start(_ request: Request) throws(Problem) -> pid_t {
        let path = request.directory + "/log"
        let log = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard log >= 0 else { throw Problem("cannot open \(path): \(reason())") }
        defer { close(log) }
        let (kept, command) = try sandboxed(request)
        defer { kept.forEach { close($0) } }
        let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        let variables = try readVariables(request.environment)
        let environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        let entrances = try request.group.openEntrances()
        defer { entrances.forEach { close($0) } }
        let folder = strdup(request.lower == nil ? request.folder : request.layer + "/own/tree")
        let unified = request.group.unified.flatMap { strdup($0) }
        defer { for text in [folder, unified] { free(text) } }
        var pid: pid_t = 0
        let code: Int32 = arguments.withUnsafeBytes { arguments in
            environment.withUnsafeBytes { environment in
                entrances.withUnsafeBufferPointer { entrances in
                    kept.withUnsafeBufferPointer { kept in
                        var spawn = espalier_spawn()
                        spawn.arguments = arguments.baseAddress?.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
                        spawn.environment =
                            request.environment == nil
                            ? UnsafeRawPointer(environ).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
                            : environment.baseAddress?.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
                        spawn.folder = UnsafePointer(folder)
                        spawn.output = log
                        (spawn.kept, spawn.kept_count) = (kept.baseAddress, Int32(kept.count))
                        spawn.dies_with_parent = 1
                        spawn.is_sandbox = request.sandbox == nil ? 0 : 1
                        spawn.group = UnsafePointer(unified)
                        spawn.entrances = entrances.baseAddress
                        spawn.entrance_count = Int32(entrances.count)
                        return espalier_spawn(&spawn, &pid)
                    }
                }
            }
        }
        switch code {
        case 0: return pid
        case -2: throw Problem("cannot enter the control groups: \(reason())")
        default: throw Problem("cannot start \(request.command[0]): \(reason())")
        }
    }

    /// The descriptors that the command line of the child names as 3 and 4, and that command line.
    private static func sandboxed(_ request: Request) throws(Problem) -> ([Int32], [String]) {
        guard let program = request.sandbox, let arguments = request.sandboxArguments else {
            return ([], request.command)
        }
        let filter = espalier_seccomp_filter()
        guard filter >= 0 else { throw Problem("cannot make the filter of system calls: \(reason())") }
        return ([arguments, filter], [program, "--args", "3", "--seccomp", "4", "--"] + request.command)
    }

    private static func readVariables(_ descriptor: Int32?) throws(Problem) -> [String] {
        guard let descriptor else { return [] }
        defer { close(descriptor) }
        guard let text = readAll(descriptor) else { throw Problem("cannot read the command's variables: \(reason())") }
        return text.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Wait until the child ends. Stop it on request, or when its time is over.
    private static func wait(for child: pid_t, _ request: Request, _ watched: sigset_t) -> Ending {
        var watched = watched
        var deadline = request.timeout.map { now() + $0 }
        var stopping: Ending?
        while true {
            var status: Int32 = 0
            while true {
                let ended = waitpid(-1, &status, WNOHANG)
                if ended <= 0 { break }
                if ended == child { return stopping ?? Ending(status: status) }
            }
            var left = timespec(tv_sec: deadline.map { max(0, $0 - now()) } ?? 3_600, tv_nsec: 0)
            let signal = sigtimedwait(&watched, nil, &left)
            if signal == SIGTERM || signal == SIGINT {
                guard stopping == nil else { continue }
                stopping = .stopped
            } else if signal < 0, let limit = deadline, now() >= limit {
                if stopping != nil {
                    request.group.killAll()
                    killAll(child, SIGKILL)
                    deadline = nil
                    continue
                }
                stopping = .timedOut
            } else {
                continue
            }
            askToEnd(child, isSandboxed: request.sandbox != nil)
            deadline = now() + request.grace
        }
    }

    /// Send SIGTERM to the command and what it started in its session.
    ///
    /// The sandbox program and its first process in the namespace get none: they would end at once, and everything inside with
    /// them, before the command could save its work.
    private static func askToEnd(_ child: pid_t, isSandboxed: Bool) {
        guard isSandboxed else { return killAll(child, SIGTERM) }
        let inside = processes(ofSession: child).filter { $0.pid != child && $0.parent != child }
        if inside.isEmpty { return killAll(child, SIGTERM) }
        for process in inside { kill(process.pid, SIGTERM) }
    }

    private static func processes(ofSession session: pid_t) -> [(pid: pid_t, parent: pid_t)] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [(pid: pid_t, parent: pid_t)] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let pid = pid_t(name) else { continue }
            // PID (NAME) STATE PARENT GROUP SESSION …; the name may contain anything.
            let text = readFile("/proc/\(name)/stat")
            guard let end = text.lastIndex(of: ")") else { continue }
            let fields = text[end...].split(separator: " ")
            guard fields.count > 4, pid_t(fields[4]) == session, let parent = pid_t(fields[2]) else { continue }
            found.append((pid, parent))
        }
        return found
    }

    private static func killAll(_ child: pid_t, _ signal: Int32) {
        kill(-child, signal)
        kill(child, signal)
    }

    /// Kill the processes that the command left running, which this process has adopted.
    private static func endAll() {
        for _ in 0..<1_000 {
            let children = childProcesses()
            for child in children { kill(child, SIGKILL) }
            var status: Int32 = 0
            if waitpid(-1, &status, children.isEmpty ? WNOHANG : 0) < 0 { return }
            if children.isEmpty { return }
        }
    }

    private static func childProcesses() -> [pid_t] {
        readFile("/proc/self/task/\(getpid())/children").split(separator: " ").compactMap { pid_t($0) }
    }
}

/// Why the command could not be started, in words.
struct Problem: Error {
    let text: String

    init(_ text: String) { self.text = text }
}

/// Whole seconds of the monotonic clock.
func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
}

func reason() -> String { String(cString: strerror(errno)) }

func complain(_ text: String) { _ = text.withCString { write(2, $0, strlen($0)) } }

func readAll(_ descriptor: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count == 0 { return bytes }
        if count > 0 { bytes += buffer[0..<count] } else if errno != EINTR { return nil }
    }
}

func readFile(_ path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(file, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[0..<count], as: UTF8.self) : ""
}
