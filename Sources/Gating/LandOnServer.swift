import Following
import Git
import Projects

/// Moves a branch on a Git server by pushing the tested commit.
struct LandOnServer: LandingPlace {
    let servers: GitServers
    let token: String?

    func land(_ request: LandingRequest) async throws -> Landed {
        let (project, ref) = (request.project, request.ref)
        guard let refusal = try await servers.push(request.to, to: ref, of: project, token: token) else {
            // Saves waiting for the next fetch of the mirror.
            _ = try Repository(at: project.repository)
                .compareAndSwap(ref, from: request.from, to: request.to, reason: request.reason)
            return .at(request.to)
        }
        guard try await servers.tip(of: ref, of: project, token: token) == request.from else { return .targetMoved }
        return .refused(
            "the server does not take its merge (\(refusal)): let Espalier push to \(ref), or link it with --landing api"
        )
    }
}
