/// A pattern for paths or branches: `*` and `?` stay within one segment, `**` crosses segments.
public struct Glob: Hashable, Sendable, Codable, CustomStringConvertible {
    public let description: String

    private enum CodingKeys: String, CodingKey { case description }

    public init(_ pattern: String) {
        description = pattern
    }

    private enum Token: Hashable {
        case literal(Character)
        case one
        case run
        case deepRun

        func accepts(_ character: Character) -> Bool {
            switch self {
            case .literal(let own): own == character
            case .one, .run: character != "/"
            case .deepRun: true
            }
        }

        var repeats: Bool { self == .run || self == .deepRun }
    }

    private var tokens: [Token] {
        var out: [Token] = []
        for character in description {
            switch (character, out.last) {
            case ("*", .run): out[out.count - 1] = .deepRun
            case ("*", .deepRun): break
            case ("*", _): out.append(.run)
            case ("?", _): out.append(.one)
            default: out.append(.literal(character))
            }
        }
        return out
    }

    /// Whether the pattern matches the whole of `text`.
    public func matches(_ text: String) -> Bool {
        let tokens = self.tokens
        var states = closure([0], tokens)
        for character in text {
            var next: Set<Int> = []
            for state in states where state < tokens.count && tokens[state].accepts(character) {
                next.insert(tokens[state].repeats ? state : state + 1)
            }
            states = closure(next, tokens)
            if states.isEmpty { return false }
        }
        return states.contains(tokens.count)
    }

    /// The deepest folder that contains all possible matches, without a trailing slash; empty for the root.
    public var folder: String {
        let parts = description.split(separator: "/", omittingEmptySubsequences: false)
        let fixed = parts.prefix { !$0.contains("*") && !$0.contains("?") }
        return fixed.dropLast(fixed.count == parts.count ? 1 : 0).joined(separator: "/")
    }

    /// Whether it covers everything in its folder, or a single path. The id of one Git object then identifies all that
    /// it matches.
    public var isOneObject: Bool { description == "\(folder)/**" || description == "**" || isLiteral }

    /// Whether it can match one path only.
    public var isLiteral: Bool { !description.contains("*") && !description.contains("?") }

    /// Whether any text matches both patterns. Walks over pairs of states of the two.
    public func overlaps(_ other: Glob) -> Bool {
        let a = tokens
        let b = other.tokens
        var seen: Set<[Int]> = []
        var open = [[0, 0]]
        while let pair = open.popLast() {
            guard seen.insert(pair).inserted else { continue }
            let (i, j) = (pair[0], pair[1])
            if i == a.count, j == b.count { return true }
            if i < a.count, a[i].repeats { open.append([i + 1, j]) }
            if j < b.count, b[j].repeats { open.append([i, j + 1]) }
            if i < a.count, j < b.count, canShare(a[i], b[j]) {
                open.append([a[i].repeats ? i : i + 1, b[j].repeats ? j : j + 1])
            }
        }
        return false
    }

    private func canShare(_ left: Token, _ right: Token) -> Bool {
        switch (left, right) {
        case (.literal(let character), let other), (let other, .literal(let character)): other.accepts(character)
        default: true
        }
    }

    /// A repeating token also matches the empty text.
    private func closure(_ states: Set<Int>, _ tokens: [Token]) -> Set<Int> {
        var out = states
        for var state in states {
            while state < tokens.count, tokens[state].repeats {
                state += 1
                out.insert(state)
            }
        }
        return out
    }
}
