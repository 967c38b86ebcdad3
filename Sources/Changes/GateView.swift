import Events
import Projects

/// How the checks that an event asked for stand.
public struct Checks: Sendable, Hashable {
    public enum Standing: Sendable, Hashable {
        case waiting
        case passed
        case failed(reason: String)
    }

    public var standing: Standing
    /// The pipelines that check it; changes with none in common cannot break each other's.
    public var pipelines: Set<String>

    public init(_ standing: Standing, pipelines: Set<String> = []) {
        self.standing = standing
        self.pipelines = pipelines
    }
}

/// A move of the target by the gate.
public struct Landing: Sendable, Hashable {
    public let from: ObjectID
    public let to: ObjectID
    /// The pipelines that checked what landed.
    public let pipelines: Set<String>

    public init(from: ObjectID, to: ObjectID, pipelines: Set<String>) {
        self.from = from
        self.to = to
        self.pipelines = pipelines
    }
}

/// All that the gate of one target goes by.
public struct GateView: Sendable {
    public let target: String
    /// Absent when the target does not exist.
    public let tip: ObjectID?
    public let rules: GateRules
    /// Builds that may be tested at once now.
    public let window: Int
    /// Steps that can run at once: more builds than that cannot be tested at the same time.
    public let slots: Int
    /// Open changes for this target, in the order they were opened.
    public let changes: [Change]
    /// By event.
    public let checks: [Int64: Checks]
    /// Changes whose head, or whose merge that was about to land, the target holds.
    public let contained: Set<Int64>
    /// A change → the open changes whose heads it contains.
    public let needs: [Int64: Set<Int64>]
    /// What the gate has landed here lately, the latest last.
    public let landed: [Landing]

    public init(
        target: String, tip: ObjectID?, rules: GateRules = GateRules(), window: Int? = nil, slots: Int = .max,
        changes: [Change],
        checks: [Int64: Checks] = [:], contained: Set<Int64> = [], needs: [Int64: Set<Int64>] = [:],
        landed: [Landing] = []
    ) {
        self.target = target
        self.tip = tip
        self.rules = rules
        self.window = max(window ?? rules.window, rules.floor)
        self.slots = slots
        self.changes = changes
        self.checks = checks
        self.contained = contained
        self.needs = needs
        self.landed = landed
    }

    /// The pipelines of a change's own checks; `nil` when they are not known.
    public func pipelines(of change: Change) -> Set<String>? { change.checks.flatMap { checks[$0]?.pipelines } }

    func standing(_ build: Build) -> Checks.Standing { checks[build.event]?.standing ?? .waiting }
}

/// What the gate does next.
public enum GateStep: Sendable, Hashable {
    case note(change: Int64, ChangeFact)
    /// Merge each with the target's tip in memory, and have the merges checked.
    case check([Int64])
    /// Merge the first with `onto`, each other with the one before it, and have the last of each group checked.
    case build(onto: ObjectID, groups: [[Int64]])
    /// Move the target: their checks passed, and nothing is ahead of them.
    case land([Int64], from: ObjectID, to: ObjectID)
    /// Its checks failed, and nothing that is ahead of it can be the reason.
    case eject(change: Int64, reason: String)
}
