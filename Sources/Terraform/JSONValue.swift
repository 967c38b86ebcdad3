import Foundation

/// JSON with a stable text: sorted keys, two spaces per level.
enum JSONValue: Encodable, Hashable {
    case text(String)
    case integer(Int64)
    case flag(Bool)
    case list([JSONValue])
    case object([String: JSONValue])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .integer(let value): try container.encode(value)
        case .flag(let flag): try container.encode(flag)
        case .list(let items): try container.encode(items)
        case .object(let fields): try container.encode(fields)
        }
    }

    /// Text that Terraform takes literally. Escapes `${` and `%{`, which would begin an expression. Source: Terraform,
    /// "JSON Configuration Syntax" and "Strings and Templates".
    static func literal(_ text: String) -> JSONValue {
        .text(text.replacing("${", with: "$${").replacing("%{", with: "%%{"))
    }

    static func expression(_ text: String) -> JSONValue { .text("${\(text)}") }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    init(stringLiteral text: String) { self = .text(text) }
    init(arrayLiteral items: JSONValue...) { self = .list(items) }
    init(dictionaryLiteral fields: (String, JSONValue)...) {
        self = .object(Dictionary(uniqueKeysWithValues: fields))
    }
}
