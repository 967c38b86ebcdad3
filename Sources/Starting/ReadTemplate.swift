import Foundation
import Home
import ProjectFiles
import Projects
import Templates

extension Template {
    /// Reads the template in `folder`: its `environments/` and `pipelines/`, without Python's cache files.
    public init(folder: String) throws {
        var files: [String: [UInt8]] = [:]
        for part in ["environments", "pipelines"] {
            let root = "\(folder)/\(part)"
            guard let names = FileManager.default.enumerator(atPath: root) else { continue }
            for case let name as String in names where !Self.isLeftover(name) {
                var isFolder: ObjCBool = false
                let path = "\(root)/\(name)"
                guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                    continue
                }
                files["\(part)/\(name)"] = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            }
        }
        guard !files.isEmpty else {
            throw DaemonError.unusable(
                "there is no template in \(folder): it lies beside the installed program, "
                    + "or name a folder with environments/ and pipelines/ by --template")
        }
        self.init(files: files)
    }

    private static func isLeftover(_ name: String) -> Bool {
        name.hasSuffix(".pyc") || name.split(separator: "/").contains { $0 == "__pycache__" || $0 == ".pytest_cache" }
    }

    /// The files of a project with these answers. Throws if they would make an invalid project.
    public func project(_ answers: Answers, version: String) throws -> [String: [UInt8]] {
        let files = try render(answers, version: version) { bytes, file throws(Problem) in
            try parseYAML(bytes, file: file)
        }
        _ = try Project.read(try readSources(files.mapValues { Optional($0) }), fallbackName: answers.name)
        return files
    }
}

extension Answers {
    /// Reads answers from a YAML file.
    public init(file: String, to questions: [Question]) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw DaemonError.unusable("cannot read \(file): name a YAML file with answers")
        }
        try self.init(try parseYAML([UInt8](data), file: file), to: questions)
    }
}
