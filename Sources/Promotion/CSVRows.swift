import Foundation

/// Reads RFC 4180 rows one by one: comma-separated cells, optionally in double quotes, lines ended by CRLF or LF, the
/// last line end optional. Spaces belong to their cell. A blank line is a row of one empty cell, as in the RFC.
struct CSVRows {
    private let bytes: [UInt8]
    private var position: Int
    private var line = 1

    private static let comma = UInt8(ascii: ","), quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n"), carriageReturn = UInt8(ascii: "\r")

    /// - Parameter bytes: UTF-8. A byte order mark, as spreadsheets write one, is skipped.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The cells of the next row, or nil at the end.
    mutating func next() throws(EvidenceProblem) -> [String]? {
        guard position < bytes.count else { return nil }
        var cells: [String] = []
        repeat {
            cells.append(try cell())
        } while takeComma()
        try takeLineEnd()
        return cells
    }

    private mutating func cell() throws(EvidenceProblem) -> String {
        if position < bytes.count, bytes[position] == Self.quote { return try quotedCell() }
        let start = position
        while position < bytes.count, !isDelimiter(bytes[position]) {
            if bytes[position] == Self.quote { throw .strayQuote(line: line) }
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func quotedCell() throws(EvidenceProblem) -> String {
        let firstLine = line
        var content: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == Self.lineFeed { line += 1 }
            guard byte == Self.quote else {
                content.append(byte)
                continue
            }
            guard position < bytes.count, bytes[position] == Self.quote else {
                guard position == bytes.count || isDelimiter(bytes[position]) else { throw .strayQuote(line: line) }
                return String(decoding: content, as: UTF8.self)
            }
            content.append(Self.quote)
            position += 1
        }
        throw .unclosedQuote(line: firstLine)
    }

    private func isDelimiter(_ byte: UInt8) -> Bool {
        byte == Self.comma || byte == Self.lineFeed || byte == Self.carriageReturn
    }

    private mutating func takeComma() -> Bool {
        guard position < bytes.count, bytes[position] == Self.comma else { return false }
        position += 1
        return true
    }

    private mutating func takeLineEnd() throws(EvidenceProblem) {
        guard position < bytes.count else { return }
        if bytes[position] == Self.carriageReturn {
            position += 1
            guard position < bytes.count, bytes[position] == Self.lineFeed else {
                throw .strayCarriageReturn(line: line)
            }
        }
        position += 1
        line += 1
    }
}
