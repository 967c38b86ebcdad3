import Foundation

/// A mail of plain text (RFC 5322, MIME).
public struct Letter: Sendable, Hashable {
    public let from: String
    public let to: String
    public let subject: String
    public let text: String
    /// The same for every attempt: letters, digits, `-` and `.`.
    public let id: String
    public let date: Date

    public init(from: String, to: String, subject: String, text: String, id: String, date: Date) {
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.id = id
        self.date = date
    }

    /// The message as it is sent: ASCII, lines of at most 76 characters ending in CR LF.
    public var message: String {
        let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        let headers = [
            "Date: \(writtenDate)", "From: \(oneLine(from))", "To: \(oneLine(to))", "Subject: \(encoded(subject))",
            "Message-ID: <\(id)@\(oneLine(domain))>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable",
        ]
        return (headers + ["", quotedPrintable(text)]).joined(separator: "\r\n") + "\r\n"
    }

    /// `Wed, 25 Nov 2026 16:31:00 +0000` (RFC 5322, section 3.3).
    private var writtenDate: String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
        return formatter.string(from: date)
    }
}

/// Text without anything that could end a header line.
func oneLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl || $0 == "\t" ? " " : $0 }))
}

/// The text of a header: unchanged if it is short and ASCII, else as encoded words (RFC 2047), so that no line of a
/// subject is longer than 76 characters.
func encoded(_ text: String) -> String {
    let text = oneLine(text)
    if text.utf8.count <= 60, text.unicodeScalars.allSatisfy({ $0.isASCII }), !text.contains("=?") { return text }
    var words: [[UInt8]] = [[]]
    for scalar in text.unicodeScalars {
        let bytes = Array(String(scalar).utf8)
        // Never split a character. These limits make words of 64 characters.
        if words[words.count - 1].count + bytes.count > 39 { words.append([]) }
        words[words.count - 1] += bytes
    }
    return words.map { "=?UTF-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: "\r\n ")
}

/// Text as quoted-printable (RFC 2045, section 6.7) with CR LF line ends. A dot or "From " at the start of a line is
/// encoded, so that servers on the way do not interpret it.
func quotedPrintable(_ text: String) -> String {
    text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" })
        .map { quotedPrintable(line: Array($0.utf8)) }.joined(separator: "\r\n")
}

private func quotedPrintable(line bytes: [UInt8]) -> String {
    var (lines, line) = ([String](), "")
    for (index, byte) in bytes.enumerated() {
        let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=") || byte == 0x20 || byte == 0x09
        let isAtEdge = line.isEmpty && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "F"))
        let endsLine = index == bytes.count - 1 && (byte == 0x20 || byte == 0x09)
        let next = isPlain && !isAtEdge && !endsLine ? String(UnicodeScalar(byte)) : String(format: "=%02X", byte)
        if line.utf8.count + next.utf8.count > 75 {
            lines.append("\(line)=")
            line = next == "." || next == "F" ? String(format: "=%02X", byte) : next
        } else {
            line += next
        }
    }
    return (lines + [line]).joined(separator: "\r\n")
}
