/// How changes get into an environment's branches: the `gate:` of its file.
public struct GateRules: Sendable, Hashable, Codable {
    /// What a change adds to its target.
    public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
        /// Its commits and a merge commit.
        case merge
        /// One commit with the whole change.
        case squash
        /// Its commits, rebased onto the target.
        case rebase
    }

    /// How changes from outside the repository are handled.
    public enum ForkPolicy: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing of it runs until a maintainer approves.
        case approve
        case run
        case refuse
    }

    public var method = Method.merge
    /// Initial number of builds of the queue that are tested at once. It grows by one for each build that lands and is
    /// halved for each that fails.
    public var window = 20
    /// Minimum of the window.
    public var floor = 3
    /// How many changes are tested together if more are queued than the window has builds for.
    public var batch = 1
    /// How many people other than the author must approve a change.
    public var approvals = 0
    public var forks = ForkPolicy.approve

    public init() {}
}

extension GateRules {
    static let shape = Shape.object([
        .init("merge", .oneOf(Method.allCases.map(\.rawValue)), "how a change is added to its target; default merge"),
        .init(
            "queue",
            .object([
                .init("window", .integer(min: 1), "builds that are tested at once, initially; default 20"),
                .init("floor", .integer(min: 1), "minimum of builds that are tested at once; default 3"),
                .init("batch", .integer(min: 1), "changes tested together when the window is full; default 1"),
            ]), "the speculative merge queue"),
        .init("approvals", .integer(min: 0), "approvals that a change needs, not counting its author's; default 0"),
        .init(
            "forks", .oneOf(ForkPolicy.allCases.map(\.rawValue)),
            "changes from outside: run after a maintainer's approval (default), at once, or never"),
    ])

    /// - Parameter node: already of the right shape.
    init(_ node: Node) {
        method = node["merge"]?.text.flatMap(Method.init) ?? method
        window = node["queue"]?["window"]?.integer ?? window
        floor = min(node["queue"]?["floor"]?.integer ?? floor, window)
        batch = node["queue"]?["batch"]?.integer ?? batch
        approvals = node["approvals"]?.integer ?? approvals
        forks = node["forks"]?.text.flatMap(ForkPolicy.init) ?? forks
    }
}
