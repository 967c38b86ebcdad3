import ProjectFiles
import Projects

/// A project from the texts of its files.
func read(_ files: [String: String], trusted: [String: String]? = nil) throws -> Project {
    let sources = try readSources(files.mapValues { Array($0.utf8) })
    let trustedSources = try trusted.map { try readSources($0.mapValues { Array($0.utf8) }) }
    return try Project.read(sources, trusted: trustedSources, fallbackName: "clinic")
}

/// What is wrong with these files, one line a problem.
func complaints(_ files: [String: String]) -> [String] {
    do {
        _ = try read(files)
        return []
    } catch let problems as Problems {
        return problems.all.map(\.description)
    } catch {
        return ["\(error)"]
    }
}

let dev = ["environments/dev.yml": "branches: [\"feature/**\"]\ncompute: { big: { timeout: 2h } }\n"]

/// A pipeline of dev with these steps.
func pipeline(_ steps: String) -> [String: String] {
    dev.merging(["pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps:\n" + steps]) { $1 }
}
