/// The text with whatever a terminal obeys instead of showing written as `\u{1b}`: control characters, directions of text, line
/// separators. So a name that somebody else chose moves no cursor and makes no line of its own.
///
/// - Parameter isOneLine: whether line feeds and tabs are written that way as well, as in a name.
public func plainText(_ text: String, isOneLine: Bool = false) -> String {
    escaping(text, isOneLine: isOneLine) { "\\u{\(String($0.value, radix: 16))}" }
}

/// JSON that shows the same value, with such characters as `\u202e`.
public func plainJSON(_ json: String) -> String {
    escaping(json, isOneLine: false) { scalar in
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}

private func escaping(_ text: String, isOneLine: Bool, _ escaped: (Unicode.Scalar) -> String) -> String {
    // Nearly all text is plain already.
    let isPlain = text.utf8.allSatisfy { (0x20..<0x7f).contains($0) || !isOneLine && ($0 == 0x0a || $0 == 0x09) }
    if isPlain { return text }
    var plain = ""
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control where !isOneLine && (scalar == "\n" || scalar == "\t"): plain.unicodeScalars.append(scalar)
        // They join letters and emoji, and move nothing.
        case .format where scalar == "\u{200C}" || scalar == "\u{200D}": plain.unicodeScalars.append(scalar)
        case .control, .format, .lineSeparator, .paragraphSeparator: plain += escaped(scalar)
        default: plain.unicodeScalars.append(scalar)
        }
    }
    return plain
}
