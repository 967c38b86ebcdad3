/// A branch that changes are proposed for.
public struct GateTarget: Hashable, Comparable, Sendable {
    public let project: Int64
    public let branch: String

    public init(project: Int64, branch: String) { (self.project, self.branch) = (project, branch) }

    public init(_ change: Change) { self.init(project: change.project, branch: change.target) }

    public var ref: String { "refs/heads/\(branch)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.project, left.branch) < (right.project, right.branch)
    }
}
