import Projects

/// Parse the files of a project into the sources that it is assembled from.
///
/// - Parameter files: repository path → bytes (`nil` = too large), of `environments/` and `pipelines/`.
/// - Throws: every file that is not YAML.
public func readSources(_ files: [String: [UInt8]?]) throws(Problems) -> ProjectSources {
    var sources = ProjectSources()
    var problems: [Problem] = []
    for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
        guard let (folder, stem) = place(of: path) else { continue }
        do throws(Problem) {
            let node = try parseYAML(bytes, file: path)
            switch (folder, stem) {
            case ("environments", "project"): sources.base = node
            case ("environments", _): sources.environments[stem] = node
            case ("pipelines", _) where isPipeline(node): sources.pipelines[stem] = node
            default: break
            }
        } catch {
            problems.append(error)
        }
    }
    guard problems.isEmpty else { throw Problems(problems) }
    return sources
}

/// `environments/dev.yml` → (`environments`, `dev`); `nil` for a file that is not ours.
private func place(of path: String) -> (folder: String, stem: String)? {
    let parts = path.split(separator: "/")
    guard parts.count == 2, parts[1].hasSuffix(".yml") else { return nil }
    return (String(parts[0]), String(parts[1].dropLast(4)))
}

/// `pipelines/` may also hold YAML that steps read themselves: files with neither `on:` nor `steps:`.
private func isPipeline(_ node: Projects.Node) -> Bool {
    node.entries.contains { $0.key == "on" || $0.key == "steps" }
}
