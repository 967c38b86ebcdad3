import Digests
import Foundation
import Home
import Synchronization

/// Digests of files by content, each file read once for as long as it does not change.
///
/// A file counts as unchanged if the kernel says so: the same device, inode, size, modification and change time. A program
/// can set the modification time, but not the change time (inode(7)). Files that changed within the last second are
/// not remembered, because two changes can have the same time.
final class ContentDigests: Sendable {
    /// Absent: remembered in memory only.
    private let file: String?
    private let known: Mutex<[String: String]>
    /// Older entries are forgotten at once: they cost a file read again.
    private static let most = 200_000

    private let now: @Sendable () -> Int

    /// - Parameter now: seconds since 1970.
    init(file: String?, now: @escaping @Sendable () -> Int = { time(nil) }) {
        self.file = file
        self.now = now
        known = Mutex(file.map(Self.load) ?? [:])
    }

    private static let all = Mutex<[String: ContentDigests]>([:])

    /// Those of a daemon. They survive a restart.
    static func of(_ home: Home) -> ContentDigests {
        all.withLock { all in
            if let known = all[home.digests] { return known }
            let made = ContentDigests(file: home.digests)
            all[home.digests] = made
            return made
        }
    }

    /// SHA-256 of a regular file's bytes, 64 hexadecimal digits. `nil` if it is not there, or no regular file.
    ///
    /// - Parameter path: without symbolic links in its last component; they are not followed.
    func digest(of path: String) -> String? {
        // Non-blocking: opening a fifo would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard let before = FileState(descriptor), before.isRegular else { return nil }
        if let digest = known.withLock({ $0[before.identity] }) { return digest }
        guard let digest = try? sha256(of: file) else { return nil }
        if let after = FileState(descriptor), after == before, before.changed < now() - 1 {
            remember(digest, of: before)
        }
        return digest
    }

    private func remember(_ digest: String, of state: FileState) {
        known.withLock { known in
            if known.count >= Self.most {
                known.removeAll()
                if let file { unlink(file) }
            }
            known[state.identity] = digest
            if let file { Self.append("\(digest) \(state.identity)\n", to: file) }
        }
    }

    /// One write for each line: a line that a crash has cut off is of no known form, and is passed over.
    private static func append(_ line: String, to file: String) {
        let descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = line.withCString { write(descriptor, $0, strlen($0)) }
    }

    private static func load(_ file: String) -> [String: String] {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return [:] }
        return text.split(separator: "\n").reduce(into: [:]) { known, line in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].count == 64, FileState.isIdentity(parts[1]) else { return }
            known[String(parts[1])] = String(parts[0])
        }
    }
}

/// What the kernel says about an open file.
private struct FileState: Equatable {
    let identity: String
    let isRegular: Bool
    /// Seconds since 1970.
    let changed: Int

    init?(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        isRegular = status.st_mode & S_IFMT == S_IFREG
        changed = status.st_ctim.tv_sec
        identity =
            "\(status.st_dev) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) "
            + "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)."
    }

    static func == (left: FileState, right: FileState) -> Bool { left.identity == right.identity }

    /// The last character says that the identity is whole.
    static func isIdentity(_ text: Substring) -> Bool {
        text.last == "." && text.split(separator: " ").count == 5
    }
}
