/// A key whose resolved value differs between two environments.
public struct EnvironmentDifference: Sendable, Hashable, Codable {
    public struct Side: Sendable, Hashable, Codable {
        /// The value as JSON.
        public let value: String
        /// Where the value was written: file, line and column.
        public let origin: Mark
    }

    /// Dotted path.
    public let key: String
    /// Absent if that environment does not have the key.
    public let left: Side?
    public let right: Side?
}

/// The keys in which two resolved environments differ, sorted. A list counts as one value.
public func differences(_ left: Node, _ right: Node) -> [EnvironmentDifference] {
    let (a, b) = (left.sides, right.sides)
    return Set(a.keys).union(b.keys).sorted().compactMap { key in
        a[key]?.value == b[key]?.value ? nil : EnvironmentDifference(key: key, left: a[key], right: b[key])
    }
}

extension Node {
    fileprivate var sides: [String: EnvironmentDifference.Side] {
        let leaves = leaves().filter { !$0.path.isEmpty }
        return Dictionary(leaves.map { ($0.path, .init(value: $0.node.json, origin: $0.node.mark)) }) { $1 }
    }
}
