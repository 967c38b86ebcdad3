/// A log as a terminal would show it: colours are kept, other escape sequences are dropped, and a line that was
/// overwritten with `\r`, as progress bars do, shows its final text.
struct LogText {
    private let bytes: [UInt8]

    /// - Parameter bytes: whole lines; invalid UTF-8 becomes U+FFFD.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Text without any escape sequence.
    var plain: String {
        render { text, _, out in out += text.filter { $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") } }
    }

    /// Escaped HTML, coloured by classes.
    var html: String {
        render { text, style, out in
            let classes = style.classes
            if !classes.isEmpty { out += "<span class=\"\(classes)\">".utf8 }
            for byte in text { EscapeHTML.append(byte, to: &out) }
            if !classes.isEmpty { out += "</span>".utf8 }
        }
    }

    private func render(_ emit: (ArraySlice<UInt8>, LogStyle, inout [UInt8]) -> Void) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var style = LogStyle()
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if index > 0 { out.append(UInt8(ascii: "\n")) }
            var line = line
            while line.last == UInt8(ascii: "\r") { line.removeLast() }
            for (text, style) in Self.pieces(of: line, &style) { emit(text, style, &out) }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// A line after its last carriage return, split into pieces of one style.
    private static func pieces(of line: ArraySlice<UInt8>, _ style: inout LogStyle) -> [(ArraySlice<UInt8>, LogStyle)] {
        var pieces: [(ArraySlice<UInt8>, LogStyle)] = []
        var (start, index) = (line.startIndex, line.startIndex)
        func close() { if start < index { pieces.append((line[start..<index], style)) } }
        while index < line.endIndex {
            switch line[index] {
            case 0x1b:
                close()
                let end = endOfEscape(line, at: index)
                style.apply(line[index..<end])
                (start, index) = (end, end)
            case UInt8(ascii: "\r"):
                pieces.removeAll()
                index += 1
                start = index
            default: index += 1
            }
        }
        close()
        return pieces
    }

    /// Where the escape sequence that begins at `start` ends: `ESC [ … letter`, `ESC ] … BEL`, or ESC and one byte.
    private static func endOfEscape(_ line: ArraySlice<UInt8>, at start: Int) -> Int {
        let rest = line[(start + 1)...]
        switch rest.first {
        case UInt8(ascii: "["):
            return rest.dropFirst().firstIndex { (0x40...0x7e).contains($0) }.map { $0 + 1 } ?? line.endIndex
        case UInt8(ascii: "]"):
            guard let end = rest.firstIndex(where: { $0 == 0x07 || $0 == 0x1b }) else { return line.endIndex }
            return min(line.endIndex, line[end] == 0x1b ? end + 2 : end + 1)
        default: return min(line.endIndex, start + 2)
        }
    }
}

/// The style that `ESC [ … m` sets: one of sixteen colours, bold, dim. Backgrounds and other colours are ignored, because
/// they would not be readable in both the light and the dark theme.
struct LogStyle: Equatable {
    private var colour: Int?
    private var isBold = false
    private var isDim = false

    /// Class names of the stylesheet; empty for plain text.
    var classes: String {
        [colour.map { "ansi\($0)" }, isBold ? "bold" : nil, isDim ? "dim" : nil].compactMap(\.self).joined(
            separator: " ")
    }

    mutating func apply(_ escape: ArraySlice<UInt8>) {
        guard escape.last == UInt8(ascii: "m"), escape.dropFirst().first == UInt8(ascii: "[") else { return }
        let text = String(decoding: escape.dropFirst(2).dropLast(), as: UTF8.self)
        var codes = text.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }[...]
        while let code = codes.popFirst() {
            switch code {
            case 0: self = LogStyle()
            case 1: isBold = true
            case 2: isDim = true
            case 22: (isBold, isDim) = (false, false)
            case 30...37: colour = code - 30
            case 90...97: colour = code - 82
            case 39: colour = nil
            case 38: colour = Self.extended(&codes) ?? colour
            case 48: _ = Self.extended(&codes)
            default: break
            }
        }
    }

    /// The rest of `38;5;N` or `38;2;R;G;B`: a colour when it is one of the sixteen.
    private static func extended(_ codes: inout ArraySlice<Int>) -> Int? {
        guard codes.popFirst() == 5 else {
            codes = codes.dropFirst(3)
            return nil
        }
        return codes.popFirst().flatMap { (0...15).contains($0) ? $0 : nil }
    }
}
