import Digests
import Foundation
import Plans
import Runs

/// Step results on disk, each file once, by its SHA-256: `KEPT/protected/ab/abcdef…` for those of protected
/// environments, `KEPT/ab/abcdef…` for others.
///
/// Files are hard-linked in both directions, and copied where a run of another trust level uses them: nobody who could
/// write to a file of a less trusted run can change one of a more trusted run. They are verified each time they are used,
/// so a file that was changed in place is detected and never reused.
package struct KeptResults: Sendable {
    /// All levels.
    private let root: String
    private let trust: Trust

    package init(folder: String, trust: Trust) {
        root = folder
        self.trust = trust
    }

    /// Keeps the result of a step. Its output folder must not change any more.
    ///
    /// - Parameter outputs: declared outputs: name → path below `source`.
    /// - Returns: `nil` if there is something that cannot be kept, such as a socket or a device.
    package func keep(values: [String: String], outputs: [String: String], from source: String) throws -> KeptResult? {
        var files: [KeptFile] = []
        for path in try entries(of: source) {
            guard let file = try describe(path, in: source) else { return nil }
            if case .bytes(let digest) = file.content { try link("\(source)/\(path)", as: digest) }
            files.append(file)
        }
        let prefix = source + "/"
        let relative = outputs.mapValues { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 }
        return KeptResult(values: values, outputs: relative, files: files)
    }

    /// Restores a kept result for a later step, into a new folder that appears complete or not at all.
    ///
    /// - Returns: `false` if a file is missing or has changed; then nothing was created.
    package func restore(_ result: KeptResult, into target: String) throws -> Bool {
        let partial = target + ".partial"
        try? FileManager.default.removeItem(atPath: partial)
        try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        for file in result.files {
            guard try place(file, in: partial) else {
                try? FileManager.default.removeItem(atPath: partial)
                return false
            }
        }
        try? FileManager.default.removeItem(atPath: target)
        try FileManager.default.moveItem(atPath: partial, toPath: target)
        return true
    }

    private func place(_ file: KeptFile, in folder: String) throws -> Bool {
        let path = "\(folder)/\(file.path)"
        switch file.content {
        case .folder:
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: Int(file.mode)])
        case .link(let destination):
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: destination)
        case .bytes(let digest):
            let own = self.path(digest)
            if FileManager.default.fileExists(atPath: own) {
                try FileManager.default.linkItem(atPath: own, toPath: path)
            } else {
                guard let other = elsewhere(digest) else { return false }
                try FileManager.default.copyItem(atPath: other, toPath: path)
            }
            guard let found = try? sha256(ofFile: path), found == digest else {
                try? FileManager.default.removeItem(atPath: own)
                return false
            }
        }
        return true
    }

    private func describe(_ path: String, in source: String) throws -> KeptFile? {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(source)/\(path)")
        let mode = UInt32(attributes[.posixPermissions] as? Int ?? 0o644)
        switch attributes[.type] as? FileAttributeType {
        case .typeDirectory: return KeptFile(path: path, mode: mode, size: 0, content: .folder)
        case .typeSymbolicLink:
            let destination = try FileManager.default.destinationOfSymbolicLink(atPath: "\(source)/\(path)")
            return KeptFile(path: path, mode: mode, size: 0, content: .link(to: destination))
        case .typeRegular:
            let size = (attributes[.size] as? Int64) ?? Int64(attributes[.size] as? Int ?? 0)
            return KeptFile(
                path: path, mode: mode, size: size, content: .bytes(sha256: try sha256(ofFile: "\(source)/\(path)")))
        default: return nil
        }
    }

    /// Paths below `source`. Folders come before their contents.
    private func entries(of source: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: source) else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: source).sorted()
    }

    private func link(_ file: String, as digest: String) throws {
        let target = path(digest)
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: target).deletingLastPathComponent().path, withIntermediateDirectories: true)
        if Foundation.link(file, target) != 0, errno != EEXIST {
            // A different file system, or too many links: fall back to a copy.
            try FileManager.default.copyItem(atPath: file, toPath: target)
        }
        utimes(target, nil)
    }

    private func path(_ digest: String) -> String { Self.path(digest, trust, root) }

    private static func path(_ digest: String, _ trust: Trust, _ root: String) -> String {
        "\(root)/\(trust == .protected ? "protected/" : "")\(digest.prefix(2))/\(digest)"
    }

    /// Where a file of another trust level is; `nil` if there is none.
    private func elsewhere(_ digest: String) -> String? {
        [Trust.protected, .unprotected].map { Self.path(digest, $0, root) }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Removes files that no result uses any more. Keeps files touched after `cutoff`, because a result that is being
    /// kept may use them.
    ///
    /// - Returns: how many bytes were freed.
    package func removeAll(but digests: Set<String>, touchedBefore cutoff: Date) throws -> Int64 {
        var freed: Int64 = 0
        for path in try entries(of: root) {
            let digest = URL(fileURLWithPath: path).lastPathComponent
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")
            guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular, !digests.contains(digest),
                let touched = attributes[.modificationDate] as? Date, touched < cutoff
            else { continue }
            try FileManager.default.removeItem(atPath: "\(root)/\(path)")
            freed += Int64(attributes[.size] as? Int ?? 0)
        }
        return freed
    }
}
