/// One ref's move between two reads. `from` is absent for a new ref, `to` for a deleted one; never both.
public struct RefMove: Hashable, Sendable, Codable {
    public let ref: String
    public let from: ObjectID?
    public let to: ObjectID?

    private enum CodingKeys: String, CodingKey { case ref, from, to }

    public init(ref: String, from: ObjectID?, to: ObjectID?) {
        self.ref = ref
        self.from = from
        self.to = to
    }

    /// The branch, without `refs/heads/`; `nil` for any other ref.
    public var branch: String? { branchName(ofRef: ref) }

    /// Whether it created or deleted the ref.
    public var makesOrRemoves: Bool { from == nil || to == nil }
}

/// The name of a branch, without `refs/heads/`; `nil` for any other ref.
public func branchName(ofRef ref: String) -> String? {
    ref.hasPrefix("refs/heads/") ? String(ref.dropFirst("refs/heads/".count)) : nil
}

/// The refs that Espalier follows. Everything else in a repository (notes, remotes, its own) is not an event.
public func isWatched(ref: String) -> Bool {
    ref.hasPrefix("refs/heads/") || ref.hasPrefix("refs/tags/") || ProposalRef(ref) != nil
}

/// The differences between the refs last seen and the current refs, sorted by name.
///
/// - Parameter names: the refs that were read, if not all. Other refs count as unchanged.
public func moves(from seen: [String: ObjectID], to now: [String: ObjectID], among names: Set<String>? = nil)
    -> [RefMove]
{
    let candidates = names ?? Set(seen.keys).union(now.keys)
    return candidates.filter { isWatched(ref: $0) && seen[$0] != now[$0] }.sorted()
        .map { RefMove(ref: $0, from: seen[$0], to: now[$0]) }
}

/// Where a push to `refs/for/TARGET` is kept: `refs/changes/KEY/for/TARGET`.
///
/// The key is the push's topic, or the commit if it has none. It comes first, so that no two targets can clash as file
/// and folder.
public struct ProposalRef: Hashable, Sendable {
    public let key: String
    public let target: String

    public init(key: String, target: String) {
        self.key = key
        self.target = target
    }

    public init?(_ ref: String) {
        let parts = ref.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "refs", parts[1] == "changes", parts[3] == "for", !parts[2].isEmpty,
            !parts[4].isEmpty
        else { return nil }
        self.init(key: String(parts[2]), target: String(parts[4]))
    }

    public var name: String { "refs/changes/\(key)/for/\(target)" }
}
