import Foundation

/// The points between two facts, or between a fact and its external effect. `scripts/bench/torture` makes the daemon
/// die at each of them: `ESPALIER_FAILPOINT=NAME@N` ends the process when it reaches the point for the Nth time.
public enum Failpoint: String, CaseIterable, Sendable {
    case lookRead = "look.read"
    case lookStored = "look.stored"
    case eventPlanned = "event.planned"
    case stepStarted = "step.started"
    case stepPrepared = "step.prepared"
    case minderSpawned = "minder.spawned"
    case minderEnded = "minder.ended"
    case resultKept = "result.kept"
    case resultRestored = "result.restored"
    case factsStored = "facts.stored"
    case runEnded = "run.ended"
    case stopAsked = "stop.asked"
    case fireStored = "fire.stored"
    case changeMerged = "change.merged-in-memory"
    case changeChecksAsked = "change.checks-asked"
    case changeBuilt = "change.built"
    case changeMerging = "change.merging"
    case changeLanded = "change.landed"
    case changeNoted = "change.noted"
    case versionCreated = "version.created"
    case candidateSet = "candidate.set"
    case evidenceKept = "evidence.kept"
    case decisionStored = "decision.stored"
    case aliasMoved = "alias.moved"
    case aliasConfirmed = "alias.confirmed"

    /// The failpoint from the daemon's environment. Each arrival counts towards N.
    private static let armed: (name: String, count: Int)? = {
        guard let text = ProcessInfo.processInfo.environment["ESPALIER_FAILPOINT"] else { return nil }
        let parts = text.split(separator: "@").map(String.init)
        return (parts[0], parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()

    private static let arrivals = Counter()

    package static func reach(_ point: Failpoint) {
        guard let armed, armed.name == point.rawValue, arrivals.next() == armed.count else { return }
        kill(getpid(), SIGKILL)
    }
}
