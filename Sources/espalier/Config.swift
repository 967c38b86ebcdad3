import ArgumentParser
import Foundation
import Projects
import Reading

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a resolved environment: project.yml with the environment's file merged over it.")

    @Argument(help: "Name of the environment.") var environment: String
    @Flag(help: "Show for each key which file and line set it, and which ones it overrides.") var explain = false
    @Option(help: "Compare with this environment: show the keys that differ, both values, and where each was set.")
    var diff: String?
    @OptionGroup var project: ProjectFolder
    @OptionGroup var json: JSONFlag

    private struct Key: Encodable {
        let key: String
        let value: String
        let origin: String
        let overrides: [String]
    }

    func validate() throws {
        guard diff == nil || !explain else {
            throw ValidationError("--diff already shows where values come from: leave out --explain")
        }
    }

    func run() throws {
        let project = try WorkingTree(project.folder).project()
        let found = try project.known(environment)
        if let diff { return try show(differences(found.resolved, try project.known(diff).resolved), to: diff) }
        let keys = found.resolved.leaves().map { path, node in
            Key(
                key: path, value: node.json, origin: node.mark.description, overrides: node.overrides.map(\.description)
            )
        }
        if json.json { return explain ? try printJSON(keys) : printJSON(text: found.resolved.json) }
        guard explain else {
            for key in keys { print("\(key.key): \(key.value)") }
            return
        }
        printTable(
            ["key", "value", "set in", "overrides"],
            keys.map { [$0.key, $0.value, $0.origin, $0.overrides.joined(separator: ", ")] }, empty: "nothing is set")
    }

    private func show(_ found: [EnvironmentDifference], to other: String) throws {
        if json.json { return try printJSON(found) }
        let cells = { (side: EnvironmentDifference.Side?) in
            [side?.value ?? "-", side.map { "\($0.origin.file):\($0.origin.line)" } ?? "-"]
        }
        printTable(
            ["key", environment, "set in", other, "set in"], found.map { [$0.key] + cells($0.left) + cells($0.right) },
            empty: "\(environment) and \(other) resolve to the same values")
    }
}

extension Project {
    /// The environment of that name. Throws a sentence with the nearest name if there is none.
    func known(_ name: String) throws -> Projects.Environment {
        if let found = environment(named: name) { return found }
        let names = environments.map(\.name)
        let hint = nearest(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
        throw Complaint(
            description: "there is no environment '\(name)' (known: \(names.joined(separator: ", "))\(hint))")
    }
}
