import CPosix
import Fixtures
import Foundation
@testable import Minding
import Testing

/// How a machine's control groups are used, depending on what the kernel reports.
@Suite struct ControlGroupTests {
    let limits = Limits(cpus: 2, memory: 1 << 30, processes: 50)

    @Test func hierarchiesOfBothVersionsAreRead() {
        let found = mountedHierarchies(
            mounts: """
                tmpfs /sys/fs/cgroup tmpfs rw 0 0
                cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
                cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0
                cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
                """,
            membership: "4:memory:/app/x\n3:cpu,cpuacct:/\n0::/user.slice\n")
        #expect(
            found == [
                MountedHierarchy(
                    mountPoint: "/sys/fs/cgroup/memory", isUnified: false, controllers: ["rw", "relatime", "memory"],
                    own: "/app/x"),
                MountedHierarchy(
                    mountPoint: "/sys/fs/cgroup/cpu,cpuacct", isUnified: false, controllers: ["rw", "cpu", "cpuacct"],
                    own: ""),
                MountedHierarchy(
                    mountPoint: "/sys/fs/cgroup/unified", isUnified: true, controllers: [], own: "/user.slice"),
            ])
    }

    @Test func version2HasOneGroupForAll() {
        let unified = ControlGroups.Hierarchy(folder: "/g/e", isUnified: true, countsSwap: true)
        let groups = ControlGroups(controllers: [.memory: unified, .cpu: unified, .pids: unified], every: unified)
        let group = groups.group(named: "1.a.1", limits)
        #expect(group.folders == [.init(path: "/g/e/1.a.1", isUnified: true)])
        #expect(
            group.settings.map { "\($0.file)=\($0.value)" } == [
                "/g/e/1.a.1/cpu.max=200000 100000", "/g/e/1.a.1/memory.max=1073741824",
                "/g/e/1.a.1/memory.swap.max=0", "/g/e/1.a.1/pids.max=50",
            ])
        #expect(group.events == "/g/e/1.a.1/memory.events")
    }

    @Test func version1HasOneForEachControllerThatIsAskedFor() {
        func own(_ name: String) -> ControlGroups.Hierarchy {
            .init(folder: "/g/\(name)/e", isUnified: false, countsSwap: name == "memory")
        }
        let groups = ControlGroups(
            controllers: [.memory: own("memory"), .cpu: own("cpu"), .pids: own("pids")],
            every: .init(folder: "/g/unified/e", isUnified: true))
        let group = groups.group(named: "s", Limits(memory: 4_096))
        #expect(group.folders.map(\.path) == ["/g/unified/e/s", "/g/memory/e/s"])
        #expect(
            group.settings.map(\.file) == [
                "/g/memory/e/s/memory.limit_in_bytes", "/g/memory/e/s/memory.memsw.limit_in_bytes",
            ], "the limit with swap may not lie below the other")
        #expect(group.events == "/g/memory/e/s/memory.oom_control")
        #expect(groups.group(named: "s", Limits()).folders.map(\.path) == ["/g/unified/e/s"])
    }

    @Test func whatIsMissingIsNamedAsUsersWriteIt() {
        let groups = ControlGroups(controllers: [.cpu: .init(folder: "/g", isUnified: false)])
        #expect(groups.missing(for: limits) == ["memory", "processes"])
        #expect(ControlGroups().missing(for: Limits()).isEmpty)
        #expect(ControlGroups().group(named: "s", limits) == StepGroup())
    }

    /// Groups of this machine for one test; `nil` if none can be created.
    func machine() -> ControlGroups? {
        let groups = ControlGroups.find(name: "espalier-test-\(UUID().uuidString.prefix(8))")
        if groups.every == nil { print("skipped: this machine has no writable control groups") }
        return groups.every == nil ? nil : groups
    }

    func start(_ command: [String], in group: StepGroup, _ folder: TemporaryFolder) async throws -> Ending? {
        let minders = Minders(program: builtProgram("espalier-minder"))
        let step = StepFolder(folder.path)
        let request = MinderRequest(
            folder: step, workingFolder: folder.path, command: command, environment: ["PATH": "/usr/bin:/bin"],
            timeout: 60, group: group)
        #expect(try minders.start(request))
        return await minders.end(of: step)
    }

    func log(of folder: TemporaryFolder) throws -> String {
        try String(contentsOfFile: StepFolder(folder.path).log, encoding: .utf8)
    }

    @Test func aCommandIsInAllItsGroupsFromItsFirstInstruction() async throws {
        guard let groups = machine() else { return }
        defer { groups.remove() }
        let folder = try TemporaryFolder()
        let group = groups.group(named: "step", Limits(cpus: 1, memory: 1 << 30, processes: 50))
        // The command reads its membership itself; no shell starts it.
        #expect(try await start(["/bin/cat", "/proc/self/cgroup"], in: group, folder) == .exited(0))
        let inside = try log(of: folder).split(separator: "\n").filter { $0.hasSuffix("/step") }
        let hierarchies = Set(group.folders.map(\.path))
        #expect(!hierarchies.isEmpty && inside.count >= hierarchies.count, "\(inside)")
    }

    /// A write to `cgroup.procs` takes up to 20 ms, in which the step waits for its first instruction.
    @Test func aCommandIsBornInItsUnifiedGroup() async throws {
        guard let groups = machine() else { return }
        defer { groups.remove() }
        let group = groups.group(named: "step", Limits())
        guard let unified = group.folders.first(where: \.isUnified) else { return }
        mkdir(unified.path, 0o755)
        let watch = inotify_init1(Int32(O_NONBLOCK | O_CLOEXEC))
        defer { close(watch) }
        #expect(inotify_add_watch(watch, unified.path + "/cgroup.procs", UInt32(IN_MODIFY)) >= 0)
        let folder = try TemporaryFolder()
        #expect(try await start(["/bin/cat", "/proc/self/cgroup"], in: group, folder) == .exited(0))
        #expect(try log(of: folder).contains("/step\n"))
        var events = [UInt8](repeating: 0, count: 4_096)
        let count = max(0, read(watch, &events, events.count))
        let masks = stride(from: 0, to: count, by: 16).map { place in
            events.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self) }
        }
        #expect(!masks.contains { $0 & UInt32(IN_MODIFY) != 0 }, "the command was moved by a write")
    }

    /// clone3 refuses a folder that is not a version 2 group; a kernel without clone3 refuses all of them.
    @Test func aCommandMovesItselfWhereItCannotBeBornInItsGroup() async throws {
        guard let groups = machine() else { return }
        defer { groups.remove() }
        guard let single = groups.controllers.values.first(where: { !$0.isUnified }) else { return }
        var group = StepGroup()
        group.folders = [.init(path: single.folder + "/step", isUnified: true)]
        let folder = try TemporaryFolder()
        #expect(try await start(["/bin/cat", "/proc/self/cgroup"], in: group, folder) == .exited(0))
        #expect(try log(of: folder).contains("/step\n"))
    }

    @Test func aCommandThatCannotEnterItsGroupIsNotStarted() async throws {
        let (folder, refusing, missing) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
        symlink("/dev/full", refusing.path + "/tasks")
        symlink("/dev/full", refusing.path + "/cgroup.procs")
        for isUnified in [false, true] {
            for place in [refusing.path, missing.path] {
                var group = StepGroup()
                group.folders = [.init(path: place, isUnified: isUnified)]
                guard case .unprepared(let reason) = try await start(["/bin/echo", "ran"], in: group, folder) else {
                    return #expect(Bool(false), "\(isUnified) \(place)")
                }
                #expect(reason.contains("cannot enter the control group"), "\(reason)")
                #expect(try log(of: folder).isEmpty)
                try FileManager.default.removeItem(atPath: StepFolder(folder.path).exit)
            }
        }
    }

    @Test func theGroupsOfACommandThatCannotStartAreRemoved() async throws {
        guard let groups = machine() else { return }
        defer { groups.remove() }
        let folder = try TemporaryFolder()
        let group = groups.group(named: "step", Limits(processes: 50))
        guard case .unprepared(let reason) = try await start(["/no/such/program"], in: group, folder) else {
            return #expect(Bool(false))
        }
        #expect(reason == "cannot start /no/such/program: No such file or directory")
        #expect(!group.folders.contains { FileManager.default.fileExists(atPath: $0.path) })
    }

    @Test func aStepEndsWithEverythingInItsGroup() async throws {
        let groups = ControlGroups.find(name: "espalier-test-\(UUID().uuidString.prefix(8))")
        defer { groups.remove() }
        guard groups.every != nil else {
            print("skipped: this machine has no writable control groups")
            return
        }
        let folder = try TemporaryFolder()
        let minders = Minders(program: builtProgram("espalier-minder"))
        let group = groups.group(named: "step", Limits())
        let pidFile = folder.path + "/pid"
        #expect(
            try minders.start(
                MinderRequest(
                    folder: StepFolder(folder.path), workingFolder: folder.path,
                    command: ["/bin/sh", "-c", "setsid sleep 300 & echo $! > \(pidFile); exit 0"],
                    environment: ["PATH": "/usr/bin:/bin"], timeout: 60, group: group)))
        #expect(await minders.end(of: StepFolder(folder.path)) == .exited(0))
        let pid = try #require(
            Int32(try String(contentsOfFile: pidFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(pid, 0) == -1, "what left the session is still there")
        #expect(!group.folders.contains { FileManager.default.fileExists(atPath: $0.path) })
    }

    @Test func theGroupOfAKilledMinderIsEmptiedFromOutside() async throws {
        let groups = ControlGroups.find(name: "espalier-test-\(UUID().uuidString.prefix(8))")
        defer { groups.remove() }
        guard groups.every != nil else {
            print("skipped: this machine has no writable control groups")
            return
        }
        let folder = try TemporaryFolder()
        let step = StepFolder(folder.path)
        let minders = Minders(program: builtProgram("espalier-minder"))
        let group = groups.group(named: "step", Limits())
        let pidFile = folder.path + "/pid"
        #expect(
            try minders.start(
                MinderRequest(
                    folder: step, workingFolder: folder.path,
                    command: [
                        "/bin/sh", "-c",
                        "setsid sleep 3600 & echo $! > \(pidFile).t; mv \(pidFile).t \(pidFile); sleep 3600",
                    ],
                    environment: ["PATH": "/usr/bin:/bin"], timeout: nil, group: group)))
        while !FileManager.default.fileExists(atPath: pidFile) { await Task.yield() }
        let pid = { (file: String) in
            Int32(
                (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
                    ?? "")
        }
        kill(try #require(pid(step.lock)), SIGKILL)
        #expect(await minders.end(of: step) == nil)
        group.end()
        // It dies at once, but disappears only when its new parent reaps it, if ever.
        let sleeper = try #require(pid(pidFile))
        while let command = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(sleeper)/cmdline")), !command.isEmpty {
            await Task.yield()
        }
        #expect(!group.folders.contains { FileManager.default.fileExists(atPath: $0.path) })
    }
}
