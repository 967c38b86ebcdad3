import Digests
import Foundation
import Minding
import Synchronization

/// The parts of the machine's `/etc` that steps may read, copied into one folder because each mount slows down a start.
///
/// ```
/// DIR/etc-FORMAT-STATE/   a copy of the listed parts, as they were in that state
/// ```
///
/// Users and groups are those of the sandbox, not those of the machine.
package final class SystemSettings: Sendable {
    private let folder: String
    /// The last answer, and when it was looked up.
    private let last = Mutex<(path: String, at: ContinuousClock.Instant)?>(nil)

    /// - Parameter folder: where the copies are. Created if missing.
    package init(folder: String) { self.folder = folder }

    /// What a program needs to find libraries, hosts, certificates, time zones and languages. Nothing else of `/etc` is in
    /// the sandbox.
    static let parts = [
        "alternatives", "bash.bashrc", "ca-certificates.conf", "debian_version", "default/locale", "fonts", "gai.conf",
        "host.conf", "hosts", "inputrc", "java-8-openjdk", "java-11-openjdk", "java-17-openjdk", "java-21-openjdk",
        "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "locale.alias", "localtime", "magic", "mime.types",
        "nsswitch.conf",
        "OpenCL", "os-release", "perl", "pki/tls/certs", "profile", "protocols", "python3", "python3.11", "R",
        "resolv.conf",
        "services", "shells", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone", "vulkan",
    ]

    private static let own = [
        "passwd":
            "root:x:0:0:root:/:/usr/sbin/nologin\nstep:x:1000:1000:step:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
        "group": "root:x:0:\nstep:x:1000:\nnogroup:x:65534:\n",
    ]

    /// The folder to show as `/etc`, with the machine's current settings. A new copy is made when one of them has changed.
    ///
    /// Looks at most once a second: dozens of files are examined.
    package func current() throws -> String {
        if let last = last.withLock({ $0 }), .now - last.at < .seconds(1) { return last.path }
        let path = try lookUp()
        last.withLock { $0 = (path, .now) }
        return path
    }

    private func lookUp() throws -> String {
        let path = "\(folder)/\(name())"
        // Its time says when a step last began to use it.
        if utimes(path, nil) == 0 { return path }
        let partial = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        for part in Self.parts { try copy(part, into: partial) }
        // The name of the machine in the sandbox: Java asks for its address.
        let hosts = (try? String(contentsOfFile: "\(partial)/hosts", encoding: .utf8)) ?? "127.0.0.1 localhost\n"
        try Data((hosts + "\n127.0.1.1 \(Sandbox.hostName)\n").utf8).write(to: URL(fileURLWithPath: "\(partial)/hosts"))
        for (name, text) in Self.own { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(partial)/\(name)")) }
        // Another thread may have been faster; its copy is equivalent.
        if rename(partial, path) != 0 { try? FileManager.default.removeItem(atPath: partial) }
        return path
    }

    /// Removes copies of other states that no step has begun to use since a time.
    package func removeOld(before time: Date) {
        let current = name()
        for copy in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where copy != current {
            let path = "\(folder)/\(copy)"
            let used = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
            if let used, used < time { try? FileManager.default.removeItem(atPath: path) }
        }
    }

    /// What is copied, and how, has a number; what it looks like now has a word.
    private func name() -> String { "etc-1-\(state())" }

    /// Times and sizes of the parts, as one word.
    private func state() -> String {
        let states = Self.parts.map { part in
            var status = stat()
            guard stat("/etc/\(part)", &status) == 0 else { return part }
            return "\(part) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
        return String(sha256(states.joined(separator: "\n")).prefix(16))
    }

    /// Copies what every user of the machine may read. A link into `/usr` stays a link, because programs read the time zone's
    /// name from it; for any other link at the top, its target is copied.
    private func copy(_ part: String, into copy: String) throws {
        let (source, target) = ("/etc/\(part)", "\(copy)/\(part)")
        let real = URL(fileURLWithPath: source).resolvingSymlinksInPath().path
        try FileManager.default.createDirectory(
            atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        if real != source, real.hasPrefix("/usr/") {
            return try FileManager.default.createSymbolicLink(atPath: target, withDestinationPath: real)
        }
        try copyPublic(real, to: target)
    }

    private func copyPublic(_ source: String, to target: String) throws {
        var status = stat()
        guard lstat(source, &status) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFLNK:
            let link = try FileManager.default.destinationOfSymbolicLink(atPath: source)
            try FileManager.default.createSymbolicLink(atPath: target, withDestinationPath: link)
        case S_IFDIR where status.st_mode & 0o005 == 0o005:
            try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: source) {
                try copyPublic("\(source)/\(name)", to: "\(target)/\(name)")
            }
        case S_IFREG where status.st_mode & 0o004 != 0:
            try Data(contentsOf: URL(fileURLWithPath: source)).write(to: URL(fileURLWithPath: target))
        default: break
        }
    }
}
