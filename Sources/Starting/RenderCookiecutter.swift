import Foundation
import Home
import ProjectFiles
import Projects

/// Renders cookiecutter templates with the Python package of that name: https://cookiecutter.readthedocs.io
public struct Cookiecutter {
    let python: String

    /// - Parameter python: an interpreter that has the package: a path, or a name on PATH.
    /// - Throws: if the interpreter lacks the package; the message says how to install it.
    public init(python: String) throws {
        self.python = python
        let (code, _) = try Self.call([python, "-c", "import cookiecutter"], quiet: true)
        guard code == 0 else {
            throw DaemonError.unusable(
                """
                \(python) has no cookiecutter, which --from needs. Get it, and name that Python:
                  python3 -m venv ~/.venvs/cookiecutter && ~/.venvs/cookiecutter/bin/pip install cookiecutter
                  espalier init --from … --python ~/.venvs/cookiecutter/bin/python
                """)
        }
    }

    /// Renders a template into a new folder inside `folder`.
    ///
    /// - Parameters:
    ///   - source: a path, a URL, or an abbreviation that cookiecutter knows (`gh:owner/name`).
    ///   - answers: override the template's defaults. With `asks`, the template asks for the rest.
    /// - Returns: the folders that were created.
    public func render(_ source: String, into folder: String, answers: [String: String], asks: Bool) throws -> [String]
    {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let before = Set(try FileManager.default.contentsOfDirectory(atPath: folder))
        let options = ["--output-dir", folder] + (asks ? [] : ["--no-input"])
        let context = answers.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let (code, said) = try Self.call(
            [python, "-m", "cookiecutter"] + options + ["--", source] + context, quiet: !asks)
        guard code == 0 else {
            throw DaemonError.refused("cookiecutter could not render \(source) (exit code \(code))\n\(said)")
        }
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !before.contains($0) }.sorted()
    }

    /// The answers in a YAML file, as text. Throws for answers that a local template does not ask for; cookiecutter
    /// would silently ignore them.
    public static func answers(file: String, for source: String) throws -> [String: String] {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw DaemonError.unusable("cannot read \(file): name a YAML file with answers")
        }
        let given = try parseYAML([UInt8](data), file: file)
        let asked = try FileManager.default.contents(atPath: "\(source)/cookiecutter.json").map {
            try parseYAML([UInt8]($0), file: "\(source)/cookiecutter.json").entries.map(\.key)
        }
        let problems =
            asked.map { keys in Shape.object(keys.map { .init($0, .string, "") }).problems(in: given) }
            ?? Shape.map(.string).problems(in: given)
        guard problems.isEmpty else { throw Problems(problems) }
        return given.entries.reduce(into: [:]) { $0[$1.key] = $1.value.text }
    }

    /// Runs a program from PATH until it exits. Returns its exit code and, if `quiet`, its output.
    private static func call(_ command: [String], quiet: Bool) throws -> (code: Int32, said: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let said = Pipe()
        if quiet {
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = said
            process.standardError = said
        }
        try process.run()
        let bytes = quiet ? said.fileHandleForReading.readDataToEndOfFile() : Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }
}
