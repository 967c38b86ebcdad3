/// What a sandboxed command may see and change. All other paths are visible and read-only.
public struct Sandbox: Sendable, Hashable {
    /// Folders that appear empty.
    public var hidden: [String]
    /// Readable folders inside hidden ones.
    public var readable: [String]
    public var writable: [String]
    public var hasNetwork: Bool

    public init(hidden: [String], readable: [String], writable: [String], hasNetwork: Bool = true) {
        self.hidden = hidden
        self.readable = readable
        self.writable = writable
        self.hasNetwork = hasNetwork
    }

    /// The command line that runs `command` inside bubblewrap, in its own process and IPC namespaces. It shares the
    /// network, over which it reaches MLflow, unless `hasNetwork` is false.
    ///
    /// - Parameter program: path of `bwrap`.
    public func wrapping(_ command: [String], in folder: String, by program: String) -> [String] {
        var arguments = [program, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        for path in hidden { arguments += ["--tmpfs", path] }
        for path in readable { arguments += ["--ro-bind", path, path] }
        for path in writable { arguments += ["--bind", path, path] }
        if !hasNetwork { arguments.append("--unshare-net") }
        arguments += ["--unshare-pid", "--unshare-ipc", "--die-with-parent", "--chdir", folder, "--"]
        return arguments + command
    }
}
