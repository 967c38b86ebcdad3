import Foundation
import Projects

/// The source of new projects: the `environments/` and `pipelines/` of a real project that runs.
public struct Template: Sendable {
    /// Path below the template's folder → bytes.
    public let files: [String: [UInt8]]

    public init(files: [String: [UInt8]]) {
        self.files = files
    }

    /// The files that a template needs for a feature store, and for Spark.
    static let featureStore = "pipelines/hrob/store.py"
    static let spark = "pipelines/requirements-spark.txt"

    /// The file in which a project records its template and answers.
    public static let record = ".espalier-template"

    /// The files of a new project with these answers.
    ///
    /// Answers become values in YAML files, never code. A value that the template's own file already has stays
    /// unchanged. Pipelines of further models are left out: a project starts with the model that the answers name.
    ///
    /// - Parameter parse: YAML and the name of its file → node.
    public func render(_ answers: Answers, version: String, parse: ([UInt8], String) throws(Problem) -> Node)
        throws(Problem)
        -> [String: [UInt8]]
    {
        var rendered = files
        for (path, bytes) in files where Self.isPipeline(path) {
            if try parse(bytes, path)["model"] != nil { rendered[path] = nil }
        }
        for (path, edits) in edits(answers) where !edits.isEmpty {
            guard let bytes = files[path] else {
                throw Problem(
                    "the template has no such file", at: Mark(file: path, line: 1, column: 1),
                    hint: "a template is a folder with environments/ and pipelines/ like those of Espalier itself")
            }
            let text = String(decoding: bytes, as: UTF8.self)
            rendered[path] = Array(try edit(text, try parse(bytes, path), edits).utf8)
        }
        for (path, text) in Self.additions(answers, server: serverVersion, version: version) {
            rendered[path] = Array(text.utf8)
        }
        return rendered
    }

    private static func isPipeline(_ path: String) -> Bool {
        path.wholeMatch(of: /pipelines\/[^\/]+\.yml/) != nil
    }

    /// The edits that the answers require, by file.
    func edits(_ answers: Answers) -> [String: [YAMLEdit]] {
        var project = [
            YAMLEdit("name", to: scalar(answers.name)),
            YAMLEdit("default_branch", to: scalar(answers.defaultBranch)),
            YAMLEdit("registry", "server", to: scalar(answers.registry)),
            YAMLEdit("registry", "model", to: scalar(answers.model)),
        ]
        if let births = answers.births {
            project += [
                YAMLEdit("config", "dataset", to: "natality2014"),
                YAMLEdit("config", "births", to: scalar(births)),
                YAMLEdit("datasets", "births", to: scalar(births)),
            ]
        }
        // A template with a feature store uses it by default.
        if !answers.featureStore, files[Self.featureStore] != nil {
            project.append(YAMLEdit("config", "feature_store", to: "false"))
        }
        if answers.spark { project.append(YAMLEdit("config", "features", to: "{ engine: spark }")) }
        return [
            "environments/project.yml": project,
            "environments/staging.yml": [YAMLEdit("branches", to: "[\"\(answers.defaultBranch)\"]")],
            "environments/prod.yml": [YAMLEdit("branches", to: "[\"\(answers.releaseBranches)\"]")],
            "pipelines/change.yml": [YAMLEdit("on", "change", "target", to: scalar(answers.defaultBranch))],
        ]
    }

    /// The files of a project that are not in the template's folder.
    private static func additions(_ answers: Answers, server: String, version: String) -> [String: String] {
        var added = [
            "README.md": readme(answers, server: server),
            ".gitignore": ".venv/\n__pycache__/\n*.pyc\n.pytest_cache/\n*.log\n",
            record: self.record(answers, version: version),
        ]
        if let (path, text) = continuousIntegration(answers) { added[path] = text }
        return added
    }

    static func record(_ answers: Answers, version: String) -> String {
        """
        # What this project was started from. `espalier upgrade` reads it, and brings what is new in the template.
        espalier: \(version)
        answers:

        """ + answers.written.map { "  \($0.key): \(scalar($0.value))\n" }.joined()
    }

    /// The MLflow server that matches the steps' MLflow client: `mlflow==3.17.2`, or any version.
    private var serverVersion: String {
        let pins = files["pipelines/requirements.txt"].map { String(decoding: $0, as: UTF8.self) } ?? ""
        let pin = pins.split(separator: "\n").first { $0.hasPrefix("mlflow-skinny==") }
        return "mlflow" + (pin?.split(separator: " ")[0].dropFirst("mlflow-skinny".count) ?? "")
    }
}
