import Foundation

/// A mounted control group hierarchy, and the group of this process in it.
struct MountedHierarchy: Hashable {
    let mountPoint: String
    let isUnified: Bool
    /// Version 1: the mount options, which include the controllers. Empty for version 2.
    let controllers: Set<String>
    /// This process's group, as a path below the mount point without a trailing slash; empty for the root.
    let own: String
}

/// Parse the kernel's tables of mounts and group membership.
///
/// - Parameters:
///   - mounts: text of `/proc/self/mounts`.
///   - membership: text of `/proc/self/cgroup`: `NUMBER:CONTROLLERS:PATH` lines.
func mountedHierarchies(mounts: String, membership: String) -> [MountedHierarchy] {
    let groups = membership.split(separator: "\n").map {
        $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    }
    .filter { $0.count == 3 }
    func own(_ belongs: (Set<String>) -> Bool) -> String {
        let path =
            groups.first { belongs(Set($0[1].split(separator: ",").map(String.init))) }.map { String($0[2]) } ?? ""
        return path == "/" ? "" : path
    }
    return mounts.split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 4 else { return nil }
        switch words[2] {
        case "cgroup2":
            return MountedHierarchy(mountPoint: words[1], isUnified: true, controllers: [], own: own(\.isEmpty))
        case "cgroup":
            let options = Set(words[3].split(separator: ",").map(String.init))
            return MountedHierarchy(
                mountPoint: words[1], isUnified: false, controllers: options, own: own { !$0.isDisjoint(with: options) }
            )
        default: return nil
        }
    }
}

extension ControlGroups {
    /// Find the hierarchies in which this process may create groups, and create its folder in each.
    ///
    /// - Parameter name: name of the folder. All daemons of one home use the same.
    public static func find(name: String) -> ControlGroups {
        let text = { (path: String) in (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        var found = ControlGroups()
        for mounted in mountedHierarchies(mounts: text("/proc/self/mounts"), membership: text("/proc/self/cgroup")) {
            if mounted.isUnified { found.use(unified: mounted, name) } else { found.use(single: mounted, name) }
        }
        found.every = found.every ?? found.controllers[.pids] ?? found.controllers[.memory]
        return found
    }

    /// Remove the folders in which no step is left.
    public func remove() { folders.forEach { rmdir($0) } }

    private mutating func use(single mounted: MountedHierarchy, _ name: String) {
        for controller in Controller.allCases where mounted.controllers.contains(controller.rawValue) {
            let folder = "\(mounted.mountPoint)\(mounted.own)/\(name)"
            guard makeWritable(folder) else { continue }
            controllers[controller] = Hierarchy(
                folder: folder, isUnified: false,
                countsSwap: FileManager.default.fileExists(atPath: "\(folder)/memory.memsw.limit_in_bytes"))
        }
    }

    /// A version 2 group can pass controllers to its children only while it has no processes of its own. So this daemon moves
    /// into a leaf if it is alone in its group. The root group is exempt from that rule, and root may use it.
    private mutating func use(unified mounted: MountedHierarchy, _ name: String) {
        let own = mounted.mountPoint + mounted.own
        var best: (folder: String, offered: Set<Controller>)?
        for base in own == mounted.mountPoint ? [own] : [own, mounted.mountPoint] {
            let folder = "\(base)/\(name)"
            guard makeWritable(folder) else { continue }
            let offered = Set(Controller.allCases.filter { offer($0, to: folder, from: base) })
            if best == nil || offered.count > best?.offered.count ?? 0 { best = (folder, offered) }
            if offered.count == Controller.allCases.count { break }
        }
        guard let best else { return }
        every = Hierarchy(folder: best.folder, isUnified: true)
        for controller in best.offered {
            controllers[controller] = Hierarchy(
                folder: best.folder, isUnified: true,
                countsSwap: FileManager.default.fileExists(atPath: "\(best.folder)/memory.swap.max"))
        }
    }

    private func offer(_ controller: Controller, to folder: String, from base: String) -> Bool {
        for group in [base, folder] where !write("+\(controller.rawValue)", "\(group)/cgroup.subtree_control") {
            guard errno == EBUSY, group == base, leave(base),
                write("+\(controller.rawValue)", "\(group)/cgroup.subtree_control")
            else { return false }
        }
        return true
    }

    /// Move this process into a leaf below its group, if it is alone there.
    private func leave(_ group: String) -> Bool {
        let inside = (try? String(contentsOfFile: "\(group)/cgroup.procs", encoding: .utf8)) ?? ""
        guard inside.trimmingCharacters(in: .whitespacesAndNewlines) == "\(getpid())" else { return false }
        return makeWritable("\(group)/espalier-daemon") && write("0", "\(group)/espalier-daemon/cgroup.procs")
    }

    private func makeWritable(_ folder: String) -> Bool {
        (mkdir(folder, 0o755) == 0 || errno == EEXIST) && access("\(folder)/cgroup.procs", W_OK) == 0
    }

    private func write(_ text: String, _ file: String) -> Bool {
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return Foundation.write(descriptor, text, text.utf8.count) == text.utf8.count
    }
}

extension StepGroup {
    /// Kill all processes in the groups of a step whose minder has died, and remove the groups. A living minder does this
    /// itself.
    public func end() {
        for folder in folders {
            for _ in 0..<1_000 where access(folder.path, F_OK) == 0 {
                let inside = (try? String(contentsOfFile: "\(folder.path)/cgroup.procs", encoding: .utf8)) ?? ""
                let pids = inside.split(separator: "\n").compactMap { pid_t($0) }
                for pid in pids where pid > 1 { kill(pid, SIGKILL) }
                if rmdir(folder.path) == 0 { break }
                usleep(1_000)
            }
        }
    }
}
