import Mustache

/// The escaping of our templates, instead of Mustache's own.
///
/// swift-mustache 2.1 escapes by `Character`: a `<` or `"` that Unicode combines with a neighbour (U+0600 before it, a
/// combining accent after it) passes unescaped. This escapes by byte, and bytes do not combine.
struct EscapeHTML: MustacheContentType {
    static let name = "ESCAPED_HTML"

    func escapeText(_ text: String) -> String { Self.escape(text) }

    static func escape(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 { append(byte, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Append one byte of UTF-8, escaped for text and quoted attributes. Control characters are dropped.
    static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "<"): bytes += "&lt;".utf8
        case UInt8(ascii: ">"): bytes += "&gt;".utf8
        case UInt8(ascii: "&"): bytes += "&amp;".utf8
        case UInt8(ascii: "\""): bytes += "&quot;".utf8
        case UInt8(ascii: "'"): bytes += "&#39;".utf8
        case UInt8(ascii: "\t"), UInt8(ascii: "\n"), 0x20..<0x7f, 0x80...: bytes.append(byte)
        default: break
        }
    }
}
