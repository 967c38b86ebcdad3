import Changes
import Events
import Following
import Forges
import Projects
import Store

/// A request to land changes in their target.
package struct LandingRequest: Sendable {
    let changes: [Change]
    /// The tip of the target during the tests.
    package let from: ObjectID
    /// The tested commit.
    package let to: ObjectID
    /// `refs/heads/…`
    package let ref: String
    let project: StoredProject
    let rules: GateRules

    package var reason: String { "espalier: change \(changes.map { "\($0.number)" }.joined(separator: ", "))" }
}

/// The result of landing.
package enum Landed: Sendable {
    /// The target is now at this commit.
    case at(ObjectID)
    /// Somebody else moved the target first.
    case targetMoved
    /// It cannot land, and retrying does not help.
    case refused(String)
}

/// A place where a target can be moved to the tested commit: in this repository, on a Git server, or by a forge.
protocol LandingPlace: Sendable {
    /// - Throws: `GitError`, `ForgeError` for errors that may pass; landing is retried.
    func land(_ request: LandingRequest) async throws -> Landed
}

/// Moves targets to the tested commit, wherever they are.
package struct ChangeLander: Sendable {
    let store: Store
    let client: ForgeClient
    let servers: GitServers

    package init(store: Store, client: ForgeClient, servers: GitServers) {
        self.store = store
        self.client = client
        self.servers = servers
    }

    package func land(_ request: LandingRequest) async throws -> Landed {
        try await place(of: request.project).land(request)
    }

    private func place(of project: StoredProject) async throws -> any LandingPlace {
        guard project.url != nil else { return LandHere() }
        guard let link = try await store.forges()[project.id] else { return LandOnServer(servers: servers, token: nil) }
        let linked = try LinkedForge(project, link)
        guard link.landing == .api else {
            return LandOnServer(servers: servers, token: linked.forge.settings.token)
        }
        return LandByForge(client: client, servers: servers, linked: linked)
    }
}
