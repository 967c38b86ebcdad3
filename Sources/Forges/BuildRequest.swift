import Foundation

/// A value in a request body.
enum JSON: Encodable, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    case text(String)
    case flag(Bool)
    case object([String: JSON])

    init(stringLiteral value: String) { self = .text(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }

    /// Leaves out keys without a value.
    static func object(of members: [String: JSON?]) -> JSON { .object(members.compactMapValues { $0 }) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .flag(let flag): try container.encode(flag)
        case .object(let members): try container.encode(members)
        }
    }

    /// Sorted keys, so that equal requests have equal bytes.
    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("texts and flags are always JSON") }
        return Array(data)
    }
}

extension ForgeSettings {
    /// - Parameters:
    ///   - segments: of the path below `api`, not escaped yet.
    ///   - query: in this order, not escaped yet.
    func request(
        _ method: String, _ segments: [String], query: [(String, String)] = [], headers: [String: String],
        body: JSON? = nil
    ) -> ForgeRequest {
        var url = ([api] + segments.map(escaped)).joined(separator: "/")
        if !query.isEmpty { url += "?" + query.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&") }
        var fields = ["Accept": "application/json", "User-Agent": "espalier"].merging(headers) { $1 }
        if body != nil { fields["Content-Type"] = "application/json" }
        return ForgeRequest(method: method, url: url, headers: fields, body: body?.bytes)
    }

    var repositorySegments: [String] { repository.split(separator: "/").map(String.init) }
}

/// A page number small enough that arithmetic cannot overflow.
func pageNumber(_ page: Int) -> Int { min(max(page, 1), 1_000_000) }

/// Escapes text as one path segment or one query value: everything but the unreserved characters (RFC 3986, section
/// 2.3).
func escaped(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            out.append(byte)
        default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: out, as: UTF8.self)
}
