extension Node {
    /// This node with `upper` merged over it: maps merge, lists and scalars replace, `null` deletes.
    ///
    /// Values in the result still know where they were written, and what they overrode.
    public func layered(under upper: Node) -> Node {
        guard case .map(let base) = content, case .map(let over) = upper.content else {
            return Node(
                upper.content, at: upper.mark, overrides: [mark] + overrides, spelling: upper.spelling)
        }
        var merged: [Entry] = []
        for entry in base {
            guard let above = over.first(where: { $0.key == entry.key }) else {
                merged.append(entry)
                continue
            }
            if above.value.content == .null { continue }
            merged.append(Entry(key: above.key, mark: above.mark, value: entry.value.layered(under: above.value)))
        }
        let known = Set(base.map(\.key))
        merged += over.filter { !known.contains($0.key) && $0.value.content != .null }
        return Node(.map(merged), at: upper.mark, overrides: overrides)
    }

    /// Every value that is not a map, with its dotted path, in written order. Empty maps count as values.
    public func leaves(at path: String = "") -> [(path: String, node: Node)] {
        guard case .map(let entries) = content, !entries.isEmpty else { return [(path, self)] }
        return entries.flatMap { $0.value.leaves(at: path.isEmpty ? $0.key : "\(path).\($0.key)") }
    }

    /// This map with only the keys that `keep` accepts.
    public func filtered(_ keep: (String) -> Bool) -> Node {
        guard case .map(let entries) = content else { return self }
        return Node(.map(entries.filter { keep($0.key) }), at: mark, overrides: overrides)
    }
}
