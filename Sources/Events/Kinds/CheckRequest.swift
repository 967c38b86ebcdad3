import Formats

/// The gate requests checks of a change's merge commit.
public struct CheckRequest: Hashable, Sendable, Codable {
    public let change: Int64
    public let target: String
    /// The tip of the target that the merge was made with.
    public let base: ObjectID
    public let merge: ObjectID
    /// Whether changes behind it wait for these checks. Default false.
    public let isQueued: Bool?
    /// Whether its commits come from another repository. Default false.
    public let isFork: Bool?

    private enum CodingKeys: String, CodingKey { case change, target, base, merge, isQueued, isFork }

    public init(
        change: Int64, target: String, base: ObjectID, merge: ObjectID, isQueued: Bool? = nil, isFork: Bool? = nil
    ) {
        self.change = change
        self.target = target
        self.base = base
        self.merge = merge
        self.isQueued = isQueued
        self.isFork = isFork
    }
}

extension CheckRequest: EventKind {
    package static let tag = "checks"

    package var subject: String { "change \(change)" }
    package var code: EventCode { .commit(merge, branch: "change/\(change)", base: base) }
}

extension Event {
    public static func checks(_ request: CheckRequest) -> Event { Event(of: request) }
}
