import Foundation
import Home
import Projects
import Store
import Watching

/// Links projects to their forges.
public struct ForgeLinker: Sendable {
    private let home: Home

    public init(home: Home) { self.home = home }

    /// - Parameters:
    ///   - kind: `github`, `gitlab`, `gitea` or `azure-devops`.
    ///   - api: base URL of its REST API. Absent: the public service.
    ///   - tokenFile: absolute path; read when the token is needed.
    ///   - landing: `push` or `api`.
    /// - Throws: `DaemonError.refused` for an invalid link, `ForgeError` if the settings cannot be used.
    public func link(
        _ name: String, kind: String, api: String?, repository: String, tokenFile: String?, secretFile: String?,
        landing: String
    ) async throws {
        try home.prepare()
        let store = try Store(path: home.database)
        let project = try await store.project(named: name)
        guard project.url != nil else {
            throw DaemonError.refused(
                "'\(name)' is a repository on this machine: adopt the forge's URL, and link that project")
        }
        guard let landing = ForgeLink.Landing(rawValue: landing) else {
            throw DaemonError.refused("--landing is push or api, not '\(landing)'")
        }
        let link = ForgeLink(
            kind: kind, api: api, repository: repository, tokenFile: tokenFile, secretFile: secretFile,
            landing: landing)
        // Report mistakes now and not with the first pull request.
        let linked = try LinkedForge(project, link)
        _ = try linked.webhookSecret()
        try await store.link(link, to: project.id)
        _ = Doorbell.ring(home.socket, ["linked"])
    }
}
