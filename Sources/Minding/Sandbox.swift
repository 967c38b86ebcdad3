import CPosix
import Foundation

/// What a sandboxed command sees and may change. Its root file system starts empty and has only what is listed here.
///
/// The command runs as user 1000 in its own user namespace, without capabilities, and cannot create another user
/// namespace. It has its own process, IPC, host name and control group namespaces, and may use the system calls of
/// `espalier_seccomp_filter`. Its variables are set last, for the command alone.
public struct Sandbox: Sendable, Hashable {
    /// Path of bubblewrap's program.
    public var program: String
    /// The machine's programs, libraries and settings.
    public var system: [SandboxPart]
    public var readable: [String]
    /// Readable as well, where they exist.
    public var optional: [String]
    public var writable: [String]
    /// Device files of the machine in addition to the usual ones (`null`, `zero`, `full`, `random`, `urandom`, `tty`).
    public var devices: [String]
    /// A folder that appears as `/tmp` and `/var/tmp`; absent: one in memory.
    public var temporary: String?
    public var hasNetwork: Bool

    public init(
        program: String, system: [SandboxPart] = SandboxPart.programs, readable: [String], optional: [String] = [],
        writable: [String], devices: [String] = [], temporary: String? = nil, hasNetwork: Bool = true
    ) {
        self.program = program
        self.system = system
        self.readable = readable
        self.optional = optional
        self.writable = writable
        self.devices = devices
        self.temporary = temporary
        self.hasNetwork = hasNetwork
    }

    /// Whether this machine's kernel keeps a sandbox from abstract unix sockets of processes outside.
    public static let keepsSocketsApart = espalier_keeps_sockets_apart() == 1

    public static let hostName = "step"

    private static let kernelSettings = ["acpi", "bus", "fs", "irq", "mtrr", "scsi", "sys", "sysrq-trigger"]
        .map { "/proc/\($0)" }.filter { FileManager.default.fileExists(atPath: $0) }

    /// Bubblewrap's arguments, without the command. Later mounts cover earlier ones.
    ///
    /// - Parameters:
    ///   - variables: the complete environment of the command.
    ///   - folder: where the command starts.
    public func arguments(variables: [(key: String, value: String)], folder: String) -> [String] {
        var arguments = ["--unshare-user", "--uid", "1000", "--gid", "1000", "--disable-userns", "--cap-drop", "ALL"]
        arguments += [
            "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", Self.hostName,
        ]
        if !hasNetwork { arguments.append("--unshare-net") }
        arguments += ["--die-with-parent", "--dev", "/dev", "--proc", "/proc"]
        // What is written there takes memory.
        arguments += ["--tmpfs", "/dev/shm", "--size", "16777216", "--tmpfs", "/run"]
        // The kernel's settings are root's. A daemon of root runs the command as root, whatever its user is inside.
        for path in Self.kernelSettings { arguments += ["--ro-bind", path, path] }
        arguments += temporary.map { ["--bind", $0, "/tmp"] } ?? ["--tmpfs", "/tmp"]
        arguments += ["--symlink", "/tmp", "/var/tmp", "--symlink", "/run", "/var/run"]
        for part in system { arguments += part.arguments }
        for path in optional { arguments += ["--ro-bind-try", path, path] }
        for path in readable { arguments += ["--ro-bind", path, path] }
        for path in writable { arguments += ["--bind", path, path] }
        for path in devices { arguments += ["--dev-bind-try", path, path] }
        arguments += ["--remount-ro", "/dev"]
        arguments += ["--clearenv"]
        for (name, value) in variables { arguments += ["--setenv", name, value] }
        return arguments + ["--remount-ro", "/", "--chdir", folder]
    }
}

/// A piece of the machine that every sandbox has, read-only.
public enum SandboxPart: Sendable, Hashable {
    /// A file or folder of the machine, at a path of the sandbox.
    case shown(String, at: String)
    case link(String, to: String)

    /// A file or folder of the machine, at its own path.
    public static func shown(_ path: String) -> Self { .shown(path, at: path) }

    var arguments: [String] {
        switch self {
        case .shown(let source, let path): ["--ro-bind", source, path]
        case .link(let path, let target): ["--symlink", target, path]
        }
    }
}
