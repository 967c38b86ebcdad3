import Git
import Projects

/// Moves a branch of a local repository by compare-and-swap.
struct LandHere: LandingPlace {
    func land(_ request: LandingRequest) async throws -> Landed {
        let isMoved = try Repository(at: request.project.repository)
            .compareAndSwap(request.ref, from: request.from, to: request.to, reason: request.reason)
        return isMoved ? .at(request.to) : .targetMoved
    }
}
