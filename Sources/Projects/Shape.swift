/// The allowed form of a value. One table validates files, writes their JSON Schema and documents every key.
public indirect enum Shape: Sendable {
    /// Any value; it belongs to the user.
    case any
    case string
    case flag
    case integer(min: Int)
    case number
    /// `90s`, `10m`, `6h`, `2d`, or whole seconds.
    case duration
    /// `512MiB`, `8GiB`, or whole bytes.
    case size
    /// `2026-12-31`
    case date
    case oneOf([String])
    case list(Shape)
    /// One value, or a list of such values.
    case oneOrMany(Shape)
    /// A map with any keys, all values of one shape.
    case map(Shape)
    case object([Field])
    /// A scalar as the short form of a map.
    case shorthand(Shape, or: Shape)

    public struct Field: Sendable {
        public let name: String
        public let shape: Shape
        public let required: Bool
        public let about: String

        public init(_ name: String, _ shape: Shape, required: Bool = false, _ about: String) {
            self.name = name
            self.shape = shape
            self.required = required
            self.about = about
        }
    }
}

extension Shape {
    /// What is wrong with `node`, including nested values. Empty if it fits.
    public func problems(in node: Node, at path: String = "") -> [Problem] {
        if case .null = node.content, !path.isEmpty { return [] }
        switch self {
        case .any: return []
        case .string, .flag, .integer, .number, .duration, .size, .date, .oneOf:
            return scalarProblems(in: node, at: path)
        case .list(let item):
            guard case .list(let items) = node.content else { return [mismatch(node, path)] }
            return items.enumerated().flatMap { item.problems(in: $1, at: "\(path)[\($0)]") }
        case .oneOrMany(let item):
            return node.items.flatMap { item.problems(in: $0, at: path) }
        case .map(let value):
            guard case .map(let entries) = node.content else { return [mismatch(node, path)] }
            return entries.flatMap { value.problems(in: $0.value, at: join(path, $0.key)) }
        case .object(let fields): return objectProblems(in: node, fields: fields, at: path)
        case .shorthand(let short, let long):
            if case .map = node.content { return long.problems(in: node, at: path) }
            return short.problems(in: node, at: path)
        }
    }

    private func scalarProblems(in node: Node, at path: String) -> [Problem] {
        let fits: Bool
        switch self {
        case .string: fits = node.text != nil
        case .flag: fits = node.flag != nil
        case .integer(let least): fits = (node.integer ?? Int.min) >= least
        case .number: fits = node.number?.isFinite ?? false
        case .duration: fits = node.text.flatMap(Duration.init(written:)) != nil
        case .size: fits = node.text.flatMap(bytes(written:)) != nil
        case .date: fits = node.text?.wholeMatch(of: /\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])/) != nil
        case .oneOf(let words):
            if let text = node.text, !words.contains(text), let near = nearest(to: text, among: words) {
                return [
                    Problem(
                        "'\(text)' is not one of \(words.joined(separator: ", "))", at: node.mark, key: path,
                        hint: "did you mean '\(near)'?")
                ]
            }
            fits = node.text.map(words.contains) ?? false
        default: fits = true
        }
        return fits ? [] : [mismatch(node, path)]
    }

    private func objectProblems(in node: Node, fields: [Field], at path: String) -> [Problem] {
        guard case .map(let entries) = node.content else { return [mismatch(node, path)] }
        var found: [Problem] = []
        for entry in entries {
            if let field = fields.first(where: { $0.name == entry.key }) {
                found += field.shape.problems(in: entry.value, at: join(path, entry.key))
            } else {
                let names = fields.map(\.name)
                let hint = nearest(to: entry.key, among: names).map { "did you mean '\($0)'?" }
                found.append(
                    Problem(
                        "unknown key", at: entry.mark, key: join(path, entry.key),
                        hint: hint ?? "known here: \(names.joined(separator: ", "))"))
            }
        }
        for field in fields where field.required && node[field.name] == nil {
            found.append(Problem("'\(field.name)' is missing", at: node.mark, key: path, hint: field.about))
        }
        return found
    }

    private func mismatch(_ node: Node, _ path: String) -> Problem {
        Problem(
            "expected \(expectation), found \(node.kind)" + (node.text.map { " '\($0)'" } ?? ""),
            at: node.mark, key: path)
    }

    /// The expected value, in words.
    var expectation: String {
        switch self {
        case .any: "anything"
        case .string: "text"
        case .flag: "true or false"
        case .integer(let least): "a whole number of at least \(least)"
        case .number: "a number"
        case .duration: "a duration such as 90s, 10m, 6h"
        case .size: "a size such as 512MiB, 8GiB"
        case .date: "a day such as 2026-12-31"
        case .oneOf(let words): "one of \(words.joined(separator: ", "))"
        case .list(let item): "a list of \(item.expectation)"
        case .oneOrMany(let item): "\(item.expectation), or a list of them"
        case .map, .object: "a map"
        case .shorthand(let short, let long): "\(short.expectation) or \(long.expectation)"
        }
    }
}

private func join(_ path: String, _ key: String) -> String {
    path.isEmpty ? key : "\(path).\(key)"
}
