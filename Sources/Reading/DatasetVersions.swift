import Digests
import Foundation
import Home
import Projects

/// Determines versions of datasets: by content, so that other bytes are another version whoever wrote them, and when.
package struct DatasetVersions: Sendable {
    private let digests: ContentDigests
    /// The environment's data root, absolute.
    private let root: String

    package init(_ home: Home, root: String) {
        self.init(.of(home), root: root)
    }

    init(_ digests: ContentDigests, root: String) {
        self.digests = digests
        self.root = root
    }

    /// The current version of a dataset; `nil` if it does not exist.
    package func version(of dataset: Dataset) -> String? {
        switch dataset {
        case .version(let text): text
        case .path(let path): version(at: path.hasPrefix("/") ? path : "\(root)/\(path)")
        }
    }

    /// A text that differs if the data at `path` differs; `nil` if nothing is there.
    ///
    /// A file counts by its bytes, a folder by the names and bytes of the files below it, a Delta table by its log and by
    /// the bytes of the files that its log names. A link that leads out of the data root counts as it is written: a step
    /// cannot follow it either.
    func version(at path: String) -> String? {
        guard let real = realPath(path) else { return nil }
        let isBelowRoot = path.hasPrefix(root + "/")
        let visible = [isBelowRoot ? realPath(root) ?? root : real]
        guard real.isBelow(visible) else { return sha256("link \(destination(of: path))") }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: real, isDirectory: &isFolder) else { return nil }
        guard isFolder.boolValue else { return digests.digest(of: real) }
        return sha256(files(of: real).map { "\($0) \(content(of: "\(real)/\($0)", visible))\n" }.joined())
    }

    private func content(of file: String, _ visible: [String]) -> String {
        guard let real = realPath(file), real.isBelow(visible) else { return "link \(destination(of: file))" }
        return digests.digest(of: real) ?? "no file"
    }

    private func destination(of link: String) -> String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? ""
    }

    /// Files and links below a folder, relative to it, sorted.
    private func files(of folder: String) -> [String] {
        let all = (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).sorted()
        let log = all.filter { $0.hasPrefix("_delta_log/") }
        return log.isEmpty ? all : filesOfTable(in: folder, log: log) ?? all
    }

    /// The log of a Delta table and the files that it names. `nil` if the log does not name them in a form that can be
    /// read here: older entries are in a checkpoint.
    private func filesOfTable(in folder: String, log: [String]) -> [String]? {
        guard !log.contains(where: { $0.hasSuffix(".parquet") }) else { return nil }
        var named: Set<String> = []
        for entry in log where entry.hasSuffix(".json") {
            guard let text = try? String(contentsOfFile: "\(folder)/\(entry)", encoding: .utf8) else { return nil }
            for match in text.matches(of: #/"path":"([^"\\]+)"/#) {
                named.insert(match.1.removingPercentEncoding ?? String(match.1))
            }
        }
        return log + named.sorted()
    }
}

/// The path without links; `nil` if nothing is there.
private func realPath(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
}

extension String {
    /// Whether the path is one of the folders or below one.
    fileprivate func isBelow(_ folders: [String]) -> Bool {
        folders.contains { self == $0 || hasPrefix($0 + "/") }
    }
}
