/// Header fields of HTTP: names are compared without regard to case (RFC 9110, section 5.1).
public struct HeaderFields: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    private var values: [String: String] = [:]

    /// A name that comes again adds to its value after a comma, as RFC 9110 (section 5.3) has it.
    public init(_ fields: some Sequence<(key: String, value: String)>) {
        for (name, value) in fields {
            let key = name.lowercased()
            values[key] = values[key].map { "\($0), \(value)" } ?? value
        }
    }

    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { (key: $0.0, value: $0.1) })
    }

    /// Absent when there is no such field, or nothing in it.
    public subscript(name: String) -> String? {
        guard let value = values[name.lowercased()], !value.isEmpty else { return nil }
        return value
    }
}
