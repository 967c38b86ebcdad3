import Foundation
import Projects

/// A new value for one path of a YAML file.
public struct YAMLEdit: Sendable, Hashable {
    public let path: [String]
    /// As it will be written into the file.
    public let value: String

    public init(_ path: String..., to value: String) {
        self.path = path
        self.value = value
    }
}

/// Returns `text` with these values set. Everything else, including comments, stays as it was.
///
/// An existing value is replaced in place. A missing one becomes a line after the first key of its map.
///
/// - Parameter root: `text` as parsed.
/// - Throws: for an edit that is not possible: a block of several lines, or a path whose map does not exist.
public func edit(_ text: String, _ root: Node, _ edits: [YAMLEdit]) throws(Problem) -> String {
    let places = Places(text)
    var changes: [(range: Range<Int>, value: String)] = []
    for edit in edits { changes.append(try change(for: edit, in: root, places)) }
    var scalars = places.scalars
    for change in changes.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
        scalars.replaceSubrange(change.range, with: Array(change.value.unicodeScalars))
    }
    var out = String.UnicodeScalarView()
    out.append(contentsOf: scalars)
    return String(out)
}

private func change(for edit: YAMLEdit, in root: Node, _ places: Places) throws(Problem) -> (Range<Int>, String) {
    var node = root
    for key in edit.path.dropLast() {
        guard let next = node[key] else {
            throw Problem("there is no such map to edit", at: node.mark, key: edit.path.joined(separator: "."))
        }
        node = next
    }
    let key = edit.path.last ?? ""
    if let value = node[key] {
        guard let range = places.range(of: value) else {
            throw Problem(
                "a value of several lines cannot be edited", at: value.mark, key: edit.path.joined(separator: "."))
        }
        return (range, edit.value)
    }
    guard let first = node.entries.first, let end = places.range(of: first.value)?.upperBound,
        first.mark.line == first.value.mark.line
    else {
        throw Problem("no place for a new key", at: node.mark, key: edit.path.joined(separator: "."))
    }
    let indent = String(repeating: " ", count: first.mark.column - 1)
    let line = places.endOfLine(after: end)
    return (line..<line, "\n\(indent)\(key): \(edit.value)")
}

/// The positions of the values of a text, in Unicode scalars, as YAML's marks count them.
private struct Places {
    let scalars: [Unicode.Scalar]
    private let lines: [Int]

    init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        self.scalars = scalars
        lines = [0] + scalars.indices.filter { scalars[$0] == "\n" }.map { $0 + 1 }
    }

    func endOfLine(after place: Int) -> Int {
        scalars[place...].firstIndex(of: "\n") ?? scalars.count
    }

    /// Nil for a value that spans lines without brackets.
    func range(of node: Node) -> Range<Int>? {
        guard node.mark.line <= lines.count else { return nil }
        let start = lines[node.mark.line - 1] + node.mark.column - 1
        guard start < scalars.count else { return nil }
        switch scalars[start] {
        case "[", "{": return closing(from: start).map { start..<$0 + 1 }
        case "\"", "'": return endOfQuoted(from: start).map { start..<$0 + 1 }
        case "|", ">", "&", "*": return nil
        default:
            guard let spelling = node.spelling, !spelling.contains("\n") else { return nil }
            return start..<start + spelling.unicodeScalars.count
        }
    }

    private func closing(from start: Int) -> Int? {
        var depth = 0
        var place = start
        while place < scalars.count {
            switch scalars[place] {
            case "[", "{": depth += 1
            case "]", "}":
                depth -= 1
                if depth == 0 { return place }
            case "\"", "'":
                guard let end = endOfQuoted(from: place) else { return nil }
                place = end
            default: break
            }
            place += 1
        }
        return nil
    }

    private func endOfQuoted(from start: Int) -> Int? {
        let quote = scalars[start]
        var place = start + 1
        while place < scalars.count {
            let escapes =
                quote == "\"" ? scalars[place] == "\\" : scalars[place...].prefix(2).allSatisfy { $0 == quote }
            if escapes, place + 1 < scalars.count {
                place += 1
            } else if scalars[place] == quote {
                return place
            }
            place += 1
        }
        return nil
    }
}

/// `text` as a YAML scalar that parses back to it: plain if that is unambiguous, else in double quotes.
func scalar(_ text: String) -> String {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
    let plain = text.wholeMatch(of: /[A-Za-z\/][A-Za-z0-9_.\/-]*/) != nil && !words.contains(text.lowercased())
    return plain ? text : Node(.string(text), at: Mark(file: "", line: 1, column: 1)).json
}
