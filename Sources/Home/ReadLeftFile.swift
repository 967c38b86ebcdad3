import Foundation

/// Why a file that a step left cannot be read.
package enum LeftFileError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(String)
    case link(String)
    case notRegular(String)
    case tooLarge(String, limit: Int)
    case unreadable(String, reason: String)

    package var description: String {
        switch self {
        case .missing(let name): "\(name) is not there"
        case .link(let name): "\(name) is a symbolic link, and links are not followed: write the file itself"
        case .notRegular(let name): "\(name) is not a regular file"
        case .tooLarge(let name, let limit): "\(name) is larger than \(Self.size(limit))"
        case .unreadable(let name, let reason): "\(name) cannot be read: \(reason)"
        }
    }

    private static func size(_ bytes: Int) -> String {
        bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : bytes >= 1 << 10 ? "\(bytes >> 10) KiB" : "\(bytes) bytes"
    }
}

/// Reads a file that a step left. The daemon reads such files only in this way: a step may leave anything under any
/// name, and must not be able to make the daemon read another file, block, or run out of memory.
///
/// - Parameters:
///   - path: relative to `folder`, or absolute and inside it.
///   - folder: the folder that the step could write to. Nothing outside it is read: no component of the path inside it
///     may be a link.
///   - limit: maximum size in bytes. A larger file is an error, and none of it is read.
/// - Returns: the whole contents.
package func readLeftFile(_ path: String, in folder: String, atMost limit: Int) throws(LeftFileError) -> [UInt8] {
    let left = try OpenLeftFile(path, in: folder)
    defer { left.close() }
    guard left.size <= limit else { throw .tooLarge(left.name, limit: limit) }
    return try left.read(from: 0, count: left.size)
}

/// The end of a file that a step left: the last `count` bytes, or the whole file if it is shorter.
package func readEnd(ofLeftFile path: String, in folder: String, count: Int) throws(LeftFileError) -> [UInt8] {
    let left = try OpenLeftFile(path, in: folder)
    defer { left.close() }
    return try left.read(from: max(0, left.size - count), count: min(count, left.size))
}

/// A part of a file that a step left or is still writing; empty beyond its end.
package func readPart(ofLeftFile path: String, in folder: String, from offset: Int, count: Int) throws(LeftFileError)
    -> [UInt8]
{
    let left = try OpenLeftFile(path, in: folder)
    defer { left.close() }
    return try left.read(from: offset, count: max(0, min(count, left.size - offset)))
}

/// A regular file, opened without following links.
private struct OpenLeftFile {
    let name: String
    let size: Int
    private let descriptor: Int32

    init(_ path: String, in folder: String) throws(LeftFileError) {
        let relative = path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
        name = relative
        let parts = relative.split(separator: "/").map(String.init)
        guard let last = parts.last, !relative.hasPrefix("/"), !parts.contains("..") else {
            throw .unreadable(relative, reason: "it is not below the step's folder")
        }
        var at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard at >= 0 else { throw Self.error(relative) }
        for part in parts.dropLast() {
            let next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let failure = Self.error(relative)
            Foundation.close(at)
            guard next >= 0 else { throw failure }
            at = next
        }
        // Non-blocking: opening a fifo would wait for a writer.
        descriptor = openat(at, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        let failure = Self.error(relative)
        Foundation.close(at)
        guard descriptor >= 0 else { throw failure }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Foundation.close(descriptor)
            throw .notRegular(relative)
        }
        size = Int(status.st_size)
    }

    func close() { Foundation.close(descriptor) }

    func read(from offset: Int, count: Int) throws(LeftFileError) -> [UInt8] {
        guard count > 0 else { return [] }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count, let base = buffer.baseAddress {
                let more = pread(descriptor, base + filled, count - filled, off_t(offset + filled))
                if more < 0, errno == EINTR { continue }
                if more < 0 { failure = errno }
                guard more > 0 else { break }
                filled += more
            }
        }
        guard failure == 0 else { throw .unreadable(name, reason: String(cString: strerror(failure))) }
        return bytes
    }

    /// The error for a path from the system's last error.
    private static func error(_ name: String) -> LeftFileError {
        switch errno {
        case ENOENT: .missing(name)
        // Without following links, a linked folder in the path gives "not a directory".
        case ELOOP, ENOTDIR: .link(name)
        case ENXIO: .notRegular(name)
        default: .unreadable(name, reason: String(cString: strerror(errno)))
        }
    }
}
