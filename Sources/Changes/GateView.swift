import Events
import Projects

/// The state of the checks that an event started.
public struct Checks: Sendable, Hashable {
    public enum Standing: Sendable, Hashable {
        case waiting
        case passed
        case failed(reason: String)
    }

    public var standing: Standing
    /// The pipelines that check it. Changes with none in common cannot break each other's checks.
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

/// The inputs of all decisions of one target's gate.
public struct GateView: Sendable {
    public let target: String
    /// Nil if the target does not exist.
    public let tip: ObjectID?
    public let rules: GateRules
    /// How many builds may be tested at once.
    public let window: Int
    /// How many steps can run at once: more builds than that cannot be tested at the same time.
    public let slots: Int
    /// Open changes for this target, in the order they were opened.
    public let changes: [Change]
    /// By event.
    public let checks: [Int64: Checks]
    /// Changes that the target contains: their head, or the merge that was about to land.
    public let contained: Set<Int64>
    /// A change → the open changes whose heads it contains.
    public let needs: [Int64: Set<Int64>]
    /// What the gate has landed here recently, latest last.
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

    /// The pipelines of a change's own checks; nil if unknown.
    public func pipelines(of change: Change) -> Set<String>? { change.checks.flatMap { checks[$0]?.pipelines } }

    func standing(_ build: Build) -> Checks.Standing { checks[build.event]?.standing ?? .waiting }
}

/// One next step of the gate.
public enum GateStep: Sendable, Hashable {
    case note(change: Int64, ChangeFact)
    /// Merge each with the target's tip in memory, and check the merges.
    case check([Int64])
    /// Merge the first with `onto` and each other one with the one before it, and check the last merge of each group.
    case build(onto: ObjectID, groups: [[Int64]])
    /// Move the target: their checks passed, and nothing is ahead of them.
    case land([Int64], from: ObjectID, to: ObjectID)
    /// Its checks failed, and nothing ahead of it can be the cause.
    case eject(change: Int64, reason: String)
}
