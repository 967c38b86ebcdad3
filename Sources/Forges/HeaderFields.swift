/// HTTP header fields. Names are compared without regard to case (RFC 9110, section 5.1).
public struct HeaderFields: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    private var values: [String: String] = [:]

    /// Values of a repeated name are joined with a comma (RFC 9110, section 5.3).
    public init(_ fields: some Sequence<(key: String, value: String)>) {
        for (name, value) in fields {
            let key = name.lowercased()
            values[key] = values[key].map { "\($0), \(value)" } ?? value
        }
    }

    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { (key: $0.0, value: $0.1) })
    }

    /// Nil if there is no such field, or its value is empty.
    public subscript(name: String) -> String? {
        guard let value = values[name.lowercased()], !value.isEmpty else { return nil }
        return value
    }
}
