import Digests
import Foundation
import Registry

/// A file of a model and the digest of its content.
package struct FileDigest: Sendable {
    /// Path inside the model.
    package let path: String
    /// 64 hexadecimal digits.
    package let sha256: String

    /// Names are compared by their bytes: Swift treats the two encodings of é as equal.
    package var parts: [[UInt8]] { path.utf8.split(separator: UInt8(ascii: "/")).map(Array.init) }
    /// The digest's 32 bytes.
    package var bytes: [UInt8] {
        let digits = Array(sha256.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap { place in
            UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16)
        }
    }
}

/// Names of the files that differ between the two sides.
package func differences(_ stated: [FileDigest], _ found: [FileDigest]) -> [String] {
    func byName(_ files: [FileDigest]) -> [[UInt8]: String] {
        files.reduce(into: [:]) { $0[Array($1.path.utf8)] = $1.sha256 }
    }
    let (stated, found) = (byName(stated), byName(found))
    return Set(stated.keys).union(found.keys).filter { stated[$0] != found[$0] }
        .sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
}

extension MLflow {
    /// The digests of a model's files. Reads each file once. `nil` if the server does not serve files.
    ///
    /// - Parameter folder: an empty folder that gets the files. Absent: they are not kept.
    package func digests(ofModel source: String, keptIn folder: String? = nil) async throws -> [FileDigest]? {
        guard let files = try await files(ofModel: source), !files.isEmpty else { return nil }
        var digests: [FileDigest] = []
        for file in files {
            let copy = try await load(file)
            defer { try? FileManager.default.removeItem(at: copy) }
            digests.append(FileDigest(path: file.path, sha256: try sha256(ofFile: copy.path)))
            if let folder { try keep(copy.path, as: file.path, in: folder) }
        }
        return digests
    }

    /// - Parameter name: as the server says it, so it must not lead out of the folder.
    private func keep(_ file: String, as name: String, in folder: String) throws {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }) else {
            throw RegistryError.unreadable("a model's file called '\(name)'")
        }
        let place = "\(folder)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
        try FileManager.default.moveItem(atPath: file, toPath: place)
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: place)
    }
}
