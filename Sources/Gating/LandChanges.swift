import Changes
import Events
import Following
import Forges
import Home
import Projects
import Reading
import Store

/// Changes that are to become part of their target.
package struct LandingRequest: Sendable {
    let changes: [Change]
    /// Where the target was when they were tested.
    package let from: ObjectID
    /// The commit that was tested.
    package let to: ObjectID
    /// `refs/heads/…`
    package let ref: String
    let project: StoredProject
    let rules: GateRules

    package var reason: String { "espalier: change \(changes.map { "\($0.number)" }.joined(separator: ", "))" }
}

/// What landing came to.
package enum Landed: Sendable {
    /// The target is at this commit.
    case at(ObjectID)
    /// Somebody else moved it first.
    case targetMoved
    /// It cannot land, and will not by itself.
    case refused(String)
}

/// A place where a target can be moved to what was tested: in this repository, on a Git server, by a forge.
protocol LandingPlace: Sendable {
    /// - Throws: `GitError`, `ForgeError` for what may pass: it is tried again.
    func land(_ request: LandingRequest) async throws -> Landed
}

/// Moves targets to what was tested, wherever they are.
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
