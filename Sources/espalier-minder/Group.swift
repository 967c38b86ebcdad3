import CPosix
import Glibc

/// The control groups of the command: everything it starts is in them, is limited by them, and ends with them.
struct Group {
    struct Folder {
        let path: String
        let isUnified: Bool
    }

    var folders: [Folder] = []
    var settings: [(file: String, value: String)] = []
    /// File with a line `oom_kill N`.
    var events: String?

    /// Make the groups and set their limits. What went wrong; `nil` when nothing did.
    func make() -> String? {
        for folder in folders where mkdir(folder.path, 0o755) != 0 && errno != EEXIST {
            return "cannot make the control group \(folder.path): \(reason())"
        }
        for setting in settings where !put(setting.value, into: setting.file) {
            return "cannot write \(setting.value) to \(setting.file): \(reason())"
        }
        return nil
    }

    /// The version 2 group that the command starts in. A process is in one such group, for all controllers share it.
    var unified: String? { folders.first(where: \.isUnified)?.path }

    /// Open `tasks` of each version 1 group, for the command to write 0 to them.
    ///
    /// A write to `tasks` moves one thread and takes 0.1 ms. A write to `cgroup.procs` moves a whole process, for which the
    /// kernel waits 5 to 20 ms.
    ///
    /// - Throws: the first that cannot be opened, and why. None stays open then.
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

    /// Whether the kernel has killed something in it for want of memory.
    var ranOutOfMemory: Bool {
        guard let events else { return false }
        return readFile(events).split(separator: "\n").contains { line in
            line.hasPrefix("oom_kill ") && line != "oom_kill 0"
        }
    }

    /// Kill everything that is in it.
    func killAll() {
        guard let folder = folders.first, !put("1", into: folder.path + "/cgroup.kill") else { return }
        for _ in 0..<1_000 {
            let pids = readFile(folder.path + "/cgroup.procs").split(separator: "\n").compactMap { pid_t($0) }
            if pids.isEmpty { return }
            for pid in pids { kill(pid, SIGKILL) }
            sched_yield()
        }
    }

    /// Remove the groups. What has just been killed may need a moment to leave.
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
