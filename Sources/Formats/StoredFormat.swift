import Foundation

/// The versions of what is stored as JSON: events and plans say theirs under `format`.
///
/// 1. Of 0.1.0 and unreleased versions after it, and only read: no `format`, and enums as Swift lays them out, `{"run": {"command": "true"}}`.
/// 2. Values of several kinds name theirs under `kind`, `{"kind": "run", "command": "true"}`. See `TaggedValue`.
///
/// A key that is added, and may be absent, needs no new version. Each version has golden files in `Tests/Golden`.
package enum StoredFormat {
    package static let current = 2
}

extension StoredFormat {
    private static let key = Key("format")

    /// - Throws: `DecodingError` when a newer version of Espalier has written the value.
    package static func check(_ decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let format = try container.decodeIfPresent(Int.self, forKey: key) ?? 1
        guard (1...current).contains(format) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: container,
                debugDescription: "format \(format) is not known here: a newer version of Espalier has written it")
        }
    }

    /// Say that the value is of the current format.
    package static func mark(_ encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(current, forKey: key)
    }
}

/// A key of JSON that is only known when it is read.
struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ text: String) { stringValue = text }

    init?(stringValue: String) { self.init(stringValue) }

    init?(intValue: Int) { nil }
}

/// A moment as seconds since 1970, whatever the coder does with dates.
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
