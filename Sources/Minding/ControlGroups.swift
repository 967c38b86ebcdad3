/// Resource limits of a step; nil means unlimited.
public struct Limits: Sendable, Hashable {
    public var cpus: Int?
    /// Bytes, including swap.
    public var memory: Int64?
    /// Processes and threads.
    public var processes: Int?

    public init(cpus: Int? = nil, memory: Int64? = nil, processes: Int? = nil) {
        self.cpus = cpus
        self.memory = memory
        self.processes = processes
    }
}

/// The control group hierarchies in which this daemon can create groups: version 1, where each controller has its own
/// hierarchy; version 2, where all controllers share one; or both (a hybrid machine).
///
/// Source: the kernel's admin-guide/cgroup-v1 and cgroup-v2.rst.
public struct ControlGroups: Sendable, Hashable {
    public enum Controller: String, Sendable, Hashable, CaseIterable { case memory, cpu, pids }

    /// A folder in which each step gets a group.
    public struct Hierarchy: Sendable, Hashable {
        public let folder: String
        public let isUnified: Bool
        /// Whether swap can be limited.
        public var countsSwap = false

        public init(folder: String, isUnified: Bool, countsSwap: Bool = false) {
            self.folder = folder
            self.isUnified = isUnified
            self.countsSwap = countsSwap
        }
    }

    public var controllers: [Controller: Hierarchy]
    /// The hierarchy in which every step has a group, with or without limits, so that all its processes can be found and
    /// killed. Nil when no hierarchy is writable.
    public var every: Hierarchy?

    public init(controllers: [Controller: Hierarchy] = [:], every: Hierarchy? = nil) {
        self.controllers = controllers
        self.every = every
    }

    /// All folders in use, without duplicates.
    var folders: Set<String> { Set(controllers.values.map(\.folder) + (every.map { [$0.folder] } ?? [])) }

    /// The limits that this machine cannot enforce, as keys of `compute:`.
    public func missing(for limits: Limits) -> [String] {
        let wanted: [(Controller, String, Bool)] = [
            (.cpu, "cpus", limits.cpus != nil), (.memory, "memory", limits.memory != nil),
            (.pids, "processes", limits.processes != nil),
        ]
        return wanted.filter { $0.2 && controllers[$0.0] == nil }.map(\.1)
    }

    /// The groups of one step: one to find its processes by, and one for each controller that has a limit.
    public func group(named name: String, _ limits: Limits) -> StepGroup {
        var group = StepGroup()
        if let every { group.folders.append(.init(path: "\(every.folder)/\(name)", isUnified: every.isUnified)) }
        for (controller, hierarchy) in controllers.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let folder = "\(hierarchy.folder)/\(name)"
            let settings = limits.settings(of: controller, hierarchy)
            guard !settings.isEmpty else { continue }
            if !group.folders.contains(where: { $0.path == folder }) {
                group.folders.append(.init(path: folder, isUnified: hierarchy.isUnified))
            }
            group.settings += settings.map { ("\(folder)/\($0.file)", $0.value) }.map(StepGroup.Setting.init)
            if controller == .memory {
                group.events = folder + (hierarchy.isUnified ? "/memory.events" : "/memory.oom_control")
            }
        }
        return group
    }
}

/// The control groups that a minder creates for its step.
public struct StepGroup: Sendable, Hashable {
    public struct Folder: Sendable, Hashable {
        public let path: String
        public let isUnified: Bool
    }

    public struct Setting: Sendable, Hashable {
        public let file: String
        public let value: String
    }

    /// To be created. The first can be used to kill all processes of the step.
    public var folders: [Folder] = []
    /// Written in this order before the command starts.
    public var settings: [Setting] = []
    /// File with a line `oom_kill N`: the number of processes killed for lack of memory.
    public var events: String?

    public init() {}

    var arguments: [String] {
        folders.flatMap { [$0.isUnified ? "--group2" : "--group1", $0.path] }
            + settings.flatMap { ["--set", "\($0.file)=\($0.value)"] } + (events.map { ["--oom", $0] } ?? [])
    }
}

extension Limits {
    fileprivate func settings(of controller: ControlGroups.Controller, _ hierarchy: ControlGroups.Hierarchy)
        -> [(file: String, value: String)]
    {
        switch (controller, hierarchy.isUnified) {
        case (.memory, true):
            memory.map { [("memory.max", "\($0)")] + (hierarchy.countsSwap ? [("memory.swap.max", "0")] : []) } ?? []
        case (.memory, false):
            // The kernel refuses a limit with swap that is below the limit without swap, so set the latter first.
            memory.map {
                [("memory.limit_in_bytes", "\($0)")]
                    + (hierarchy.countsSwap ? [("memory.memsw.limit_in_bytes", "\($0)")] : [])
            } ?? []
        case (.cpu, true): cpus.map { [("cpu.max", "\($0 * 100_000) 100000")] } ?? []
        case (.cpu, false):
            cpus.map { [("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "\($0 * 100_000)")] } ?? []
        case (.pids, _): processes.map { [("pids.max", "\($0)")] } ?? []
        }
    }
}
