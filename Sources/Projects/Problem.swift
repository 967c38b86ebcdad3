/// A mistake in what a user wrote: what it is, where it is, and what to do.
public struct Problem: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// Absent if the problem has no single place, for example a missing file.
    public let mark: Mark?
    /// Dotted path of the key, for example `steps.train.needs`; empty for a whole file.
    public let key: String
    public let message: String
    /// How to fix it.
    public let hint: String?

    public init(_ message: String, at mark: Mark? = nil, key: String = "", hint: String? = nil) {
        self.mark = mark
        self.key = key
        self.message = message
        self.hint = hint
    }

    public var description: String {
        let place = mark.map { "\($0): " } ?? ""
        let subject = key.isEmpty ? "" : "\(key): "
        return plainText(place + subject + message + (hint.map { " (\($0))" } ?? ""), isOneLine: true)
    }
}

/// All the problems of one project, so that a user can fix them in one go.
public struct Problems: Error, Equatable, Sendable, CustomStringConvertible {
    public let all: [Problem]

    public init(_ all: [Problem]) {
        self.all = all
    }

    public var description: String { all.map(\.description).joined(separator: "\n") }
}

/// The candidate nearest to `word` by edit distance; `nil` if none is near enough to be a typing mistake.
public func nearest(to word: String, among candidates: [String]) -> String? {
    let allowed = word.count < 4 ? 1 : max(2, word.count / 3)
    return candidates.map { ($0, distance(word, $0)) }
        .filter { $0.1 <= allowed }
        .min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
}

/// Edits (insert, delete, replace, swap of neighbours) between two words. Source: Damerau 1964, restricted form.
func distance(_ left: String, _ right: String) -> Int {
    let a = Array(left.lowercased())
    let b = Array(right.lowercased())
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var rows = [Array(0...b.count)]
    for i in 1...a.count {
        var row = [i]
        for j in 1...b.count {
            var best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, rows[i - 2][j - 2] + 1) }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
