/// A place in a file. Lines and columns count from 1.
public struct Mark: Hashable, Sendable, Codable, CustomStringConvertible {
    public let file: String
    public let line: Int
    public let column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    public var description: String { "\(file):\(line):\(column)" }
}

/// A value that a person wrote, and where. YAML files are read into nodes, with anchors resolved.
public struct Node: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        case null
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case string(String)
        case list([Node])
        /// In written order; keys are unique.
        case map([Entry])
    }

    public struct Entry: Sendable, Hashable {
        public let key: String
        public let mark: Mark
        public let value: Node

        public init(key: String, mark: Mark, value: Node) {
            self.key = key
            self.mark = mark
            self.value = value
        }
    }

    public let content: Content
    public let mark: Mark
    /// Where lower layers set the same key, nearest layer first.
    public let overrides: [Mark]

    /// A scalar's text in the file: `3.10` is the number 3.1, but some readers need the text.
    public let spelling: String?

    public init(_ content: Content, at mark: Mark, overrides: [Mark] = [], spelling: String? = nil) {
        self.content = content
        self.mark = mark
        self.overrides = overrides
        self.spelling = spelling
    }

    /// The value under `key`; `nil` if this is not a map, does not have the key, or has `null` there.
    public subscript(key: String) -> Node? {
        guard let value = entries.first(where: { $0.key == key })?.value, value.content != .null else { return nil }
        return value
    }

    /// The entries of a map; empty for other values.
    public var entries: [Entry] {
        if case .map(let entries) = content { entries } else { [] }
    }

    /// The items of a list; other values count as a list of one.
    public var items: [Node] {
        switch content {
        case .list(let items): items
        case .null: []
        default: [self]
        }
    }

    /// The scalar as it was written; `nil` for lists, maps and null.
    public var text: String? {
        switch content {
        case .string(let text): text
        case .bool(let flag): spelling ?? (flag ? "true" : "false")
        case .integer(let value): spelling ?? String(value)
        case .number(let value): spelling ?? String(value)
        case .null, .list, .map: nil
        }
    }

    public var integer: Int? {
        if case .integer(let value) = content { value } else { nil }
    }

    public var number: Double? {
        switch content {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    public var flag: Bool? {
        if case .bool(let value) = content { value } else { nil }
    }

    /// The kind of this value, for messages.
    public var kind: String {
        switch content {
        case .null: "nothing"
        case .bool: "true/false"
        case .integer: "a whole number"
        case .number: "a number"
        case .string: "text"
        case .list: "a list"
        case .map: "a map"
        }
    }
}
