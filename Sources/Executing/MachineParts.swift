import Foundation
import Home
import Minding
import Projects

/// What the sandboxes of one process show of the machine. It is looked up once, except for the settings.
struct MachineParts: Sendable {
    let settings: SystemSettings
    /// Files and folders of the policy, and those that programs on `PATH` need.
    let readable: [String]
    let devices: [String]

    init(policy: Policy, home: Home) {
        settings = SystemSettings(folder: home.system)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        readable = policy.readable + programFolders(path: path, hidden: home.path)
        devices = policy.devices
    }
}

/// The folders outside the system's own that a sandbox shows, because programs on `path` need them.
///
/// These are the folders of `PATH`, with two exceptions: a Python environment is shown as a whole, with the Python that it
/// was made from, and so is a package below `/opt`. Anything else that programs need is listed in `readable:` of the policy.
///
/// - Parameter hidden: the home. Folders in it or around it are left out.
func programFolders(path: String, hidden: String) -> [String] {
    var folders: [String] = []
    for entry in path.split(separator: ":").map(String.init) where entry.hasPrefix("/") {
        let folder = URL(fileURLWithPath: entry).standardizedFileURL.path
        let parts = folder.split(separator: "/")
        let parent = (folder as NSString).deletingLastPathComponent
        if parts.first == "opt", parts.count > 2 {
            folders.append("/opt/\(parts[1])")
        } else if let base = pythonHome(of: parent) {
            folders.append(parent)
            folders.append((base as NSString).deletingLastPathComponent)
        } else {
            folders.append(folder)
        }
    }
    let system = ["/usr", "/bin", "/sbin", "/lib"]
    var seen: Set<String> = []
    return folders.filter { folder in
        !system.contains { folder == $0 || folder.hasPrefix($0 + "/") } && folder != "/"
            && !(folder + "/").hasPrefix(hidden + "/") && !(hidden + "/").hasPrefix(folder + "/")
            && FileManager.default.fileExists(atPath: folder) && seen.insert(folder).inserted
    }
}

/// The folder of the interpreter that a Python environment was made from; `nil` if the folder is not a Python environment.
private func pythonHome(of folder: String) -> String? {
    guard let text = try? String(contentsOfFile: "\(folder)/pyvenv.cfg", encoding: .utf8) else { return nil }
    let homes = text.split(separator: "\n").compactMap { line -> String? in
        let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        return parts.count == 2 && parts[0] == "home" ? parts[1] : nil
    }
    return homes.first ?? "/usr/bin"
}
