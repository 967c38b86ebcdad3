import Digests
import Foundation
import Home

/// The files of models as they were verified, one folder for each statement. Steps read them instead of downloading the
/// model again. A folder is complete or not there.
struct KeptModels {
    let home: Home

    func folder(_ statement: String) -> String { "\(home.models)/\(statement)" }

    func isThere(_ statement: String) -> Bool { FileManager.default.fileExists(atPath: folder(statement)) }

    /// Whether the files are kept and unchanged. Notes that they are used, so that they stay.
    func hasKept(_ files: [FileDigest], as statement: String) -> Bool {
        let folder = folder(statement)
        guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: folder) else { return false }
        var found: [FileDigest] = []
        for path in paths where !isDirectory("\(folder)/\(path)") {
            guard let digest = try? sha256(ofFile: "\(folder)/\(path)") else { return false }
            found.append(FileDigest(path: path, sha256: digest))
        }
        guard differences(files, found).isEmpty else {
            discard(folder)
            return false
        }
        try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: folder)
        return true
    }

    private func isDirectory(_ path: String) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType == .typeDirectory
    }

    /// An empty folder to download into.
    func makePlace() throws -> String {
        let place = "\(home.models)/new-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        return place
    }

    func discard(_ place: String) { try? FileManager.default.removeItem(atPath: place) }

    /// Keeps verified files. If another run has kept them meanwhile, those stay.
    func keep(_ place: String, as statement: String) throws {
        do {
            try FileManager.default.moveItem(atPath: place, toPath: folder(statement))
        } catch {
            if !isThere(statement) { throw error }
        }
    }
}

extension Home {
    /// Removes models that no fire has used since.
    ///
    /// - Returns: how many were removed.
    package func removeModels(unusedSince cutoff: Date) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: models)) ?? []
        let unused = names.map { "\(models)/\($0)" }.filter { path in
            let used = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
            return used.map { $0 < cutoff } ?? false
        }
        for path in unused { try? FileManager.default.removeItem(atPath: path) }
        return unused.count
    }
}
