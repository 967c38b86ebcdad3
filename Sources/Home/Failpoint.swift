import Foundation

/// The moments between two facts, or between a fact and what it causes outside. `scripts/bench/torture` has the daemon die
/// at each of them: `ESPALIER_FAILPOINT=NAME@N` is the death of the process when it comes there for the Nth time.
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

    /// What the daemon's environment asks for, told once more of each arrival.
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
