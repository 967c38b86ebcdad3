/// What the daemon asks of a minder, parsed from its command line.
struct Request {
    /// The folder of lock, log and exit record.
    var directory = ""
    /// Working folder of the command. Ignored when `lower` is set.
    var folder = "/"
    /// A read-only workspace to mount `layer` over.
    var lower: String?
    /// The folder of the layer.
    var layer = ""
    /// Seconds; nil for no limit.
    var timeout: Int?
    /// Seconds between SIGTERM and SIGKILL.
    var grace = 10
    var group = Group()
    var command: [String] = []
    /// Descriptor with the command's variables, each ended by a zero byte. Else the command inherits this process's.
    var environment: Int32?
    /// Path of bubblewrap's program, and a descriptor with its arguments.
    var sandbox: String?
    var sandboxArguments: Int32?

    init?(_ arguments: [String]) {
        var rest = arguments.dropFirst()
        while let option = rest.popFirst() {
            if option == "--" {
                command = Array(rest)
                break
            }
            guard let value = rest.popFirst() else { return nil }
            switch option {
            case "--dir": directory = value
            case "--folder": folder = value
            case "--lower": lower = value
            case "--layer": layer = value
            case "--timeout": timeout = Int(value)
            case "--grace": grace = Int(value) ?? grace
            case "--group1": group.folders.append(Group.Folder(path: value, isUnified: false))
            case "--group2": group.folders.append(Group.Folder(path: value, isUnified: true))
            case "--set":
                let parts = value.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { return nil }
                group.settings.append((String(parts[0]), String(parts[1])))
            case "--oom": group.events = value
            case "--environment": environment = Int32(value)
            case "--sandbox": sandbox = value
            case "--arguments": sandboxArguments = Int32(value)
            default: return nil
            }
        }
        guard !directory.isEmpty, !command.isEmpty, (sandbox == nil) == (sandboxArguments == nil) else { return nil }
    }
}
