import Git
import Home
import Projects

extension RepositoryPlanner {
    /// The MLflow servers that the environments of projects' default branches name. Whoever may push to another branch cannot
    /// add one.
    package func registryServers(of projects: [StoredProject]) -> Set<String> {
        var servers: Set<String> = []
        for project in projects {
            // A project that cannot be read names none.
            for server in (try? self.servers(of: project)) ?? [] {
                if case .url(let url) = server { servers.insert(url) }
            }
        }
        return servers
    }

    /// Reads the environments only: a broken pipeline must not make a server unknown.
    private func servers(of project: StoredProject) throws -> [RegistrySettings.Server] {
        let reader = ProjectReader(
            repository: try Repository(at: project.repository), home: home, fallbackName: project.name)
        guard let tip = try reader.defaultTip() else { return [] }
        var sources = try reader.sources(at: tip)
        sources.pipelines = [:]
        return try Project.read(sources, fallbackName: project.name).environments.map(\.registry.server)
    }
}
