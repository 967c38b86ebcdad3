/// One kind of a value that has several kinds: a kind of step, of event, of trigger.
///
/// Stored as its own keys with its tag beside them: `{"kind": "run", "command": "true"}`. No kind may use `kind` or
/// `format` as a key of its own.
package protocol TaggedValue: Hashable, Sendable, Codable {
    /// One word. It is stored, so it never changes.
    static var tag: String { get }

    /// Read what format 1 stores under the tag: `{"command": "true"}` in `{"run": {"command": "true"}}`.
    init(format1 decoder: any Decoder) throws
}

extension TaggedValue {
    package init(format1 decoder: any Decoder) throws { try self.init(from: decoder) }
}

/// Read a value of one of these kinds, in any format.
///
/// - Parameter kinds: each conforms to `Kind`.
/// - Throws: `DecodingError` if it is of another kind, or invalid for its kind.
package func decode<Kind>(oneOf kinds: [any TaggedValue.Type], from decoder: any Decoder) throws -> Kind {
    guard let value = try decodeTagged(kinds, decoder) as? Kind else {
        throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "this is no \(Kind.self)"))
    }
    return value
}

private func decodeTagged(_ kinds: [any TaggedValue.Type], _ decoder: any Decoder) throws -> any TaggedValue {
    let container = try decoder.container(keyedBy: Key.self)
    if let tag = try container.decodeIfPresent(String.self, forKey: Key("kind")) {
        guard let kind = kinds.first(where: { $0.tag == tag }) else { throw unknown(tag, among: kinds, decoder) }
        return try kind.init(from: decoder)
    }
    guard let key = container.allKeys.first(where: { key in kinds.contains { $0.tag == key.stringValue } }),
        let kind = kinds.first(where: { $0.tag == key.stringValue })
    else {
        throw unknown(container.allKeys.map(\.stringValue).sorted().joined(separator: ", "), among: kinds, decoder)
    }
    return try kind.init(format1: container.superDecoder(forKey: key))
}

/// Write a value with its tag.
package func encode(_ value: any TaggedValue, to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(type(of: value).tag, forKey: Key("kind"))
    try value.encode(to: encoder)
}

private func unknown(_ tag: String, among kinds: [any TaggedValue.Type], _ decoder: any Decoder) -> DecodingError {
    let known = kinds.map { $0.tag }.joined(separator: ", ")
    return .dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "there is no kind '\(tag)' here: known are \(known)"))
}

extension Decodable {
    /// The value of an unlabelled enum case, in either format: format 1 stores it under `_0`.
    package init(unlabelled decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Key.self), container.contains(Key("_0")) {
            self = try container.decode(Self.self, forKey: Key("_0"))
        } else {
            try self.init(from: decoder)
        }
    }
}

extension KeyedDecodingContainer {
    /// The value of an unlabelled enum case, in either format.
    package func decodeUnlabelled<Value: Decodable>(_ type: Value.Type, forKey key: K) throws -> Value {
        try Value(unlabelled: superDecoder(forKey: key))
    }
}
