import Foundation

/// The versions of stored JSON. Events and plans give theirs under `format`.
///
/// 1. Read-only; from 0.1.0 and unreleased versions after it. No `format`; enums as Swift encodes them, `{"run": {"command": "true"}}`.
/// 2. Values of several kinds give their kind under `kind`, `{"kind": "run", "command": "true"}`. See `TaggedValue`.
///
/// A new optional key needs no new version. Each version has golden files in `Tests/Golden`.
package enum StoredFormat {
    package static let current = 2
}

extension StoredFormat {
    private static let key = Key("format")

    /// - Throws: `DecodingError` if a newer version of Espalier wrote the value.
    package static func check(_ decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let format = try container.decodeIfPresent(Int.self, forKey: key) ?? 1
        guard (1...current).contains(format) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: container,
                debugDescription: "format \(format) is not known here: a newer version of Espalier has written it")
        }
    }

    /// Mark the value as being of the current format.
    package static func mark(_ encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(current, forKey: key)
    }
}

/// A JSON key that is known only at run time.
struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ text: String) { stringValue = text }

    init?(stringValue: String) { self.init(stringValue) }

    init?(intValue: Int) { nil }
}

/// A time as seconds since 1970, whatever the coder's date strategy.
package struct UnixTime: Codable {
    package let date: Date

    package init(_ date: Date) { self.date = date }

    package init(from decoder: any Decoder) throws {
        date = Date(timeIntervalSince1970: try decoder.singleValueContainer().decode(Double.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(date.timeIntervalSince1970)
    }
}
