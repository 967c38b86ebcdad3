import Foundation

/// The single entry point: every delivery and answer is decoded here. Faults become errors that name the place.
func decode<T: Decodable>(_ type: T.Type, from body: [UInt8], what: String) throws(ForgeError) -> T {
    if let problem = decoderHazard(in: body) { throw .unreadable(what: what, place: problem) }
    do {
        return try JSONDecoder().decode(type, from: Data(body))
    } catch let error as DecodingError {
        throw .unreadable(what: what, place: place(of: error))
    } catch {
        throw .unreadable(what: what, place: "\(error)")
    }
}

/// Like `decode`, for the delivery of a webhook.
func decode<T: Decodable>(_ type: T.Type, of delivery: Delivery, what: String) throws(ForgeError) -> T {
    guard !delivery.body.starts(with: "payload=".utf8) else {
        throw .unreadable(what: what, place: "it is a form; set the webhook's content type to application/json")
    }
    return try decode(type, from: delivery.body, what: what)
}

/// Why a body must not reach Foundation's decoder: it is nested deeper than 100 levels (forges need fewer than 10), or
/// it is not UTF-8.
///
/// The decoder limits nesting to 512 levels, but (6.3, Linux) ends the process if a body breaks off exactly at that
/// limit. It also reads UTF-16 and UTF-32, in which this would miscount brackets and quotes. In both, JSON's own
/// characters contain a zero byte.
private func decoderHazard(in body: [UInt8]) -> String? {
    let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
    let (array, endOfArray) = (UInt8(ascii: "["), UInt8(ascii: "]"))
    let (object, endOfObject) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
    var (depth, isInText, isEscaped) = (0, false, false)
    for byte in body {
        if byte == 0 { return "it is not JSON in UTF-8" }
        if isInText {
            if isEscaped {
                isEscaped = false
            } else if byte == backslash {
                isEscaped = true
            } else if byte == quote {
                isInText = false
            }
        } else if byte == quote {
            isInText = true
        } else if byte == array || byte == object {
            depth += 1
            if depth > 100 { return "it is nested deeper than 100 levels" }
        } else if byte == endOfArray || byte == endOfObject {
            depth -= 1
        }
    }
    return nil
}

private func place(of error: DecodingError) -> String {
    func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context): return "\(path(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context): return "\(path(context.codingPath)) is null"
    case .typeMismatch(let type, let context): return "\(path(context.codingPath)) is no \(type)"
    case .dataCorrupted(let context) where context.codingPath.isEmpty: return "it is not JSON"
    case .dataCorrupted(let context): return "\(path(context.codingPath)): \(context.debugDescription)"
    @unknown default: return "it is not what was expected"
    }
}

/// A commit ID: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits. For "none", forges write all zeros, or nothing (Gitea,
/// for a change whose branch is gone).
struct CommitID: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let given = try container.decode(String.self)
        guard [0, 40, 64].contains(given.utf8.count), given.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a commit has 40 or 64 hexadecimal digits")
        }
        text = given.utf8.allSatisfy { $0 == UInt8(ascii: "0") } ? nil : given.lowercased()
    }
}

/// A change's number: from 1.
struct ChangeNumber: Decodable {
    let value: Int64

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        value = try container.decode(Int64.self)
        guard value > 0 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "changes are counted from 1")
        }
    }
}

/// The name of a branch or ref that Git accepts, because fetches use it. No stricter than Git: one strange branch must
/// not make a whole list unreadable. Source: git-check-ref-format(1).
struct RefName: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        text = try container.decode(String.self)
        guard Self.isAllowed(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "Git does not allow this name")
        }
    }

    private static func isAllowed(_ name: String) -> Bool {
        let special = "~^:?*[\\".unicodeScalars
        let segments = name.split(separator: "/", omittingEmptySubsequences: false)
        return !name.hasSuffix(".") && !name.contains("..") && !name.contains("@{")
            && name.unicodeScalars.allSatisfy { $0.value > 32 && $0.value != 127 && !special.contains($0) }
            && segments.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") }
    }

    /// Without `refs/heads/`.
    var branch: String { text.hasPrefix("refs/heads/") ? String(text.dropFirst("refs/heads/".count)) : text }
    var isBranchOrTag: Bool { text.hasPrefix("refs/heads/") || text.hasPrefix("refs/tags/") }
}

func hasControlCharacters(_ text: String) -> Bool { text.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } }

/// Repository names are compared without regard to case.
func isSame(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }
