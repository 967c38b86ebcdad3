/// What starts a pipeline: its `on:`.
public struct Triggers: Sendable {
    /// Every kind of trigger, in the order in which messages and the schema list them.
    package static let kinds: [any TriggerRule.Type] = [
        PushRule.self, ChangeRule.self, ScheduleRule.self, DriftRule.self,
    ]

    /// In the order of `kinds`, at most one of each.
    package let rules: [any TriggerRule]

    package init(_ rules: [any TriggerRule] = []) {
        self.rules = rules
    }

    /// The rule of a given kind; `nil` if the pipeline does not have that trigger.
    package func rule<Rule: TriggerRule>(_ type: Rule.Type) -> Rule? {
        for case let rule as Rule in rules { return rule }
        return nil
    }

    /// The environments that the pipeline may run in, in the order of its triggers.
    public var environments: [String] { rules.flatMap(\.environments) }

    /// The path patterns that decide whether it starts.
    public var paths: [Glob] { rules.flatMap(\.paths) }
}

extension Triggers: Hashable {
    public static func == (left: Triggers, right: Triggers) -> Bool {
        left.rules.map { AnyHashable($0) } == right.rules.map { AnyHashable($0) }
    }

    public func hash(into hasher: inout Hasher) {
        for rule in rules { rule.hash(into: &hasher) }
    }
}

extension Triggers {
    /// - Parameter node: already of the right shape.
    init(_ node: Node?, _ problems: inout [Problem]) {
        var rules: [any TriggerRule] = []
        for kind in Self.kinds {
            if let value = node?[kind.key], let rule = kind.init(value, &problems) { rules.append(rule) }
        }
        self.init(rules)
        if !Self.kinds.contains(where: { node?[$0.key] != nil }) {
            problems.append(
                Problem(
                    "nothing starts this pipeline", at: node?.mark, key: "on",
                    hint: "give one of \(Self.kinds.map { $0.key }.joined(separator: ", "))"))
        }
    }

    /// Problems in a pipeline's file that do not prevent a run, but are most likely mistakes.
    static func warnings(_ file: Node) -> [Problem] {
        kinds.flatMap { kind in file["on"]?[kind.key].map { kind.warnings($0) } ?? [] }
    }
}
