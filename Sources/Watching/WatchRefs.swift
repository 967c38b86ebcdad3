import CPosix
import Foundation

/// Refs that may have moved. Only a hint: reading the repository decides.
public enum RefHint: Sendable, Hashable {
    case refs(Set<String>)
    /// Too many changes to list: scan all refs.
    case all
}

/// Watches the refs of one repository on disk with inotify.
///
/// New folders are watched at once, but refs that were created in them before that can be missed. So a new folder, a
/// full queue and a change of `packed-refs` request a scan of all refs.
public final class RefWatcher: Sendable {
    private let root: String
    private let queue: Int32

    /// - Parameter repository: the folder that holds `refs/`.
    public init(repository: String) throws(WatchingError) {
        root = repository
        queue = inotify_init1(Int32(IN_CLOEXEC))
        guard queue >= 0 else { throw WatchingError("cannot watch \(repository)") }
    }

    deinit { close(queue) }

    /// Hints as they arrive, until the consumer stops. Everything that happens after this returns is reported. Reading
    /// blocks a thread of its own.
    public func hints() -> AsyncStream<RefHint> {
        var folders: [Int32: String] = [:]
        add(root, deep: false, &folders)
        add(root + "/refs", deep: true, &folders)
        return AsyncStream { [folders] continuation in
            let thread = Thread { [self] in watch(folders, continuation) }
            thread.name = "refs"
            thread.start()
        }
    }

    private func watch(_ folders: [Int32: String], _ out: AsyncStream<RefHint>.Continuation) {
        var folders = folders
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(queue, &buffer, buffer.count)
            guard count > 0 else { break }
            if case .terminated = out.yield(hint(buffer[0..<count], &folders)) { break }
        }
        out.finish()
    }

    /// One hint for all events of one read.
    private func hint(_ bytes: ArraySlice<UInt8>, _ folders: inout [Int32: String]) -> RefHint {
        var names: Set<String> = []
        var everything = false
        for event in InotifyEvent.all(in: bytes) {
            guard !event.overflowed, let folder = folders[event.watch] else {
                everything = true
                continue
            }
            if folder == root + "/refs", event.name == "espalier" {
                continue
            } else if event.isFolder {
                // Its content was created before the watch.
                add(folder + "/" + event.name, deep: true, &folders) { names.insert($0) }
            } else if folder == root {
                if event.name == "packed-refs" { everything = true }
            } else if !event.name.hasSuffix(".lock") {
                names.insert(name(of: folder + "/" + event.name))
            }
        }
        return everything ? .all : .refs(names)
    }

    private func name(of path: String) -> String { String(path.dropFirst(root.count + 1)) }

    /// - Parameter found: called with the names of refs that are already below it.
    private func add(
        _ folder: String, deep: Bool, _ folders: inout [Int32: String], found: (String) -> Void = { _ in }
    ) {
        // Espalier's own refs are not reported.
        guard folder != root + "/refs/espalier" else { return }
        let mask = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR
        let watch = inotify_add_watch(queue, folder, UInt32(mask))
        guard watch >= 0 else { return }
        folders[watch] = folder
        guard deep else { return }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            var isFolder: ObjCBool = false
            let path = folder + "/" + name
            if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
                add(path, deep: true, &folders, found: found)
            } else if !name.hasSuffix(".lock") {
                found(self.name(of: path))
            }
        }
    }
}

/// One record of inotify's queue. Source: inotify(7).
struct InotifyEvent {
    let watch: Int32
    let mask: UInt32
    let name: String

    var overflowed: Bool { mask & UInt32(IN_Q_OVERFLOW) != 0 }
    var isFolder: Bool { mask & UInt32(IN_ISDIR) != 0 && mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 }

    static func all(in bytes: ArraySlice<UInt8>) -> [InotifyEvent] {
        var events: [InotifyEvent] = []
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset + 16 <= raw.count {
                let length = Int(raw.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
                let name = raw[(offset + 16)..<min(raw.count, offset + 16 + length)].prefix { $0 != 0 }
                events.append(
                    InotifyEvent(
                        watch: raw.loadUnaligned(fromByteOffset: offset, as: Int32.self),
                        mask: raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self),
                        name: String(decoding: name, as: UTF8.self)))
                offset += 16 + length
            }
        }
        return events
    }
}

public struct WatchingError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ what: String, _ code: Int32 = errno) {
        description = "\(what): \(String(cString: strerror(code)))"
    }
}
