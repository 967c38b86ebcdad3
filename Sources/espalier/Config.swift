import ArgumentParser
import Daemon
import Foundation
import Projects

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show an environment as it resolves: project.yml with the environment's file laid over it.")

    @Argument(help: "Name of the environment.") var environment: String
    @Flag(help: "Say for each key which file and line set it, and which it overrides.") var explain = false
    @OptionGroup var project: ProjectFolder
    @OptionGroup var json: JSONFlag

    private struct Key: Encodable {
        let key: String
        let value: String
        let origin: String
        let overrides: [String]
    }

    func run() throws {
        let project = try WorkingTree(project.folder).project()
        guard let found = project.environment(named: environment) else {
            let names = project.environments.map(\.name)
            let hint = nearest(to: environment, among: names).map { "; did you mean '\($0)'?" } ?? ""
            throw Complaint(
                description: "there is no environment '\(environment)' (known: \(names.joined(separator: ", "))\(hint))"
            )
        }
        let keys = found.resolved.leaves().map { path, node in
            Key(
                key: path, value: node.json, origin: node.mark.description, overrides: node.overrides.map(\.description)
            )
        }
        if json.json { return explain ? try printJSON(keys) : print(found.resolved.json) }
        guard explain else {
            for key in keys { print("\(key.key): \(key.value)") }
            return
        }
        printTable(
            ["key", "value", "set in", "overrides"],
            keys.map { [$0.key, $0.value, $0.origin, $0.overrides.joined(separator: ", ")] }, empty: "nothing is set")
    }
}
