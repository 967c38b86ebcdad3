/// A stored case of an enum, in any format.
///
/// Format 2 stores the case under `kind`, with its values beside it: `{"kind": "failed", "exitCode": 3}`. Format 1 nests the
/// values under the case, `{"failed": {"exitCode": 3}}`, and stores an unlabelled value under `_0`.
package struct StoredCase {
    package let kind: String
    private let values: KeyedDecodingContainer<Key>
    private let isFormat1: Bool

    package init(_ decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let kind = try container.decodeIfPresent(String.self, forKey: Key("kind")) {
            (self.kind, values, isFormat1) = (kind, container, false)
            return
        }
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "there is no key 'kind'"))
        }
        kind = key.stringValue
        values = try container.nestedContainer(keyedBy: Key.self, forKey: key)
        isFormat1 = true
    }

    /// A value of the case.
    ///
    /// - Parameter old: its key in format 1, if different.
    package func value<Value: Decodable>(_ name: String, old: String? = nil) throws -> Value {
        try values.decode(Value.self, forKey: key(name, old))
    }

    /// A value that may be absent.
    package func optional<Value: Decodable>(_ name: String, old: String? = nil) throws -> Value? {
        try values.decodeIfPresent(Value.self, forKey: key(name, old))
    }

    private func key(_ name: String, _ old: String?) -> Key { Key(isFormat1 ? old ?? name : name) }

    /// The error for a case that is not known here.
    package var unknown: DecodingError {
        .dataCorrupted(.init(codingPath: values.codingPath, debugDescription: "there is no kind '\(kind)' here"))
    }
}

/// Write a case with its values; nil values are left out.
package func encodeCase(
    _ kind: String, _ values: KeyValuePairs<String, (any Encodable)?> = [:], to encoder: any Encoder
) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(kind, forKey: Key("kind"))
    for (name, value) in values {
        if let value { try container.encode(value, forKey: Key(name)) }
    }
}
