import CPosix
import Glibc

/// The control groups of the command. They hold, limit and end all processes that it starts.
struct Group {
    struct Folder {
        let path: String
        let isUnified: Bool
    }

    var folders: [Folder] = []
    var settings: [(file: String, value: String)] = []
    /// File with a line `oom_kill N`: the number of processes killed for lack of memory.
    var events: String?

    /// Create the groups and set their limits.
    ///
    /// - Returns: the reason when that fails, else nil.
    func make() -> String? {
        for folder in folders where mkdir(folder.path, 0o755) != 0 && errno != EEXIST {
            return "cannot make the control group \(folder.path): \(reason())"
        }
        for setting in settings where !put(setting.value, into: setting.file) {
            return "cannot write \(setting.value) to \(setting.file): \(reason())"
        }
        return nil
    }

    /// The version 2 group that the command starts in. There is at most one, because all controllers share a hierarchy.
    var unified: String? { folders.first(where: \.isUnified)?.path }

    /// Open `tasks` of each version 1 group, for the command to write 0 to them.
    ///
    /// A write to `tasks` moves one thread and takes 0.1 ms. A write to `cgroup.procs` moves a whole process, for which the
    /// kernel waits 5 to 20 ms.
    ///
    /// - Throws: which could not be opened, and why. The others are closed again.
    func openEntrances() throws(Problem) -> [Int32] {
        var descriptors: [Int32] = []
        for folder in folders where !folder.isUnified {
            let descriptor = open(folder.path + "/tasks", O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                let problem = Problem("cannot enter the control group \(folder.path): \(reason())")
                for descriptor in descriptors { close(descriptor) }
                throw problem
            }
            descriptors.append(descriptor)
        }
        return descriptors
    }

    /// Whether the kernel has killed a process in it for lack of memory.
    var ranOutOfMemory: Bool {
        guard let events else { return false }
        return readFile(events).split(separator: "\n").contains { line in
            line.hasPrefix("oom_kill ") && line != "oom_kill 0"
        }
    }

    /// Kill all processes in it.
    func killAll() {
        guard let folder = folders.first, !put("1", into: folder.path + "/cgroup.kill") else { return }
        for _ in 0..<1_000 {
            let pids = readFile(folder.path + "/cgroup.procs").split(separator: "\n").compactMap { pid_t($0) }
            if pids.isEmpty { return }
            for pid in pids { kill(pid, SIGKILL) }
            sched_yield()
        }
    }

    /// Remove the groups. The kernel may take a moment to remove killed processes from them.
    func remove() {
        for folder in folders {
            for _ in 0..<200 {
                guard rmdir(folder.path) != 0, errno == EBUSY else { break }
                usleep(500)
            }
        }
    }

    private func put(_ text: String, into file: String) -> Bool {
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return text.withCString { write(descriptor, $0, strlen($0)) } > 0
    }
}
