import Foundation

/// The text of a file that is written once and readable only by us. If it exists, its text is returned, complete.
package func makeOnce(_ path: String, _ text: () -> String) throws -> String {
    if let known = try? String(contentsOfFile: path, encoding: .utf8) { return known }
    let draft = "\(path).\(UUID().uuidString)"
    defer { unlink(draft) }
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else {
        throw DaemonError.unusable("\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: Data(text().utf8))
    try file.synchronize()
    guard link(draft, path) == 0 || errno == EEXIST else {
        throw DaemonError.unusable("\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    return try String(contentsOfFile: path, encoding: .utf8)
}
