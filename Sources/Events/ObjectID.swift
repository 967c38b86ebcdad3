/// The name of a Git object: 40 lower-case hexadecimal digits.
public struct ObjectID: Hashable, Sendable, LosslessStringConvertible {
    public let description: String

    /// `nil` unless `text` is 40 lower-case hexadecimal digits. The all-zero name, Git's way to say "none", is refused.
    public init?(_ text: String) {
        let digits = text.utf8
        guard digits.count == 40, digits.contains(where: { $0 != UInt8(ascii: "0") }) else { return nil }
        guard digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
        description = text
    }

    /// The first 10 digits, for people.
    public var short: String { String(description.prefix(10)) }
}

extension ObjectID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = ObjectID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not an object id")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
