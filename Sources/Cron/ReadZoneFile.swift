/// Why bytes are not a zone file.
public enum ZoneFileError: Error, Hashable, Sendable {
    case notAZoneFile
    case truncated
    /// Its instants count leap seconds (`right/…`); ours do not.
    case countsLeapSeconds
    case badRule(String)
}

extension Zone {
    /// Reads a compiled zone file of any version. Source: RFC 9636 (TZif).
    ///
    /// - Parameter bytes: as in `/usr/share/zoneinfo`.
    init(name: String, file bytes: [UInt8]) throws(ZoneFileError) {
        var reader = ZoneFileReader(bytes: bytes)
        self.init(name: name, spans: try reader.spans())
    }
}

private struct ZoneFileReader {
    let bytes: [UInt8]
    var position = 0

    /// The sizes that a header announces.
    struct Header {
        var version, isUT, isStandard, leaps, transitions, types, names: Int
    }

    mutating func spans() throws(ZoneFileError) -> [Zone.Span] {
        var header = try readHeader()
        var timeSize = 4
        if header.version >= 2 {
            // The first block is for 32-bit readers.
            try skip(size(of: header, timeSize: 4))
            header = try readHeader()
            timeSize = 8
        }
        guard header.leaps == 0 else { throw .countsLeapSeconds }
        guard header.types > 0 else { throw .notAZoneFile }
        var instants: [Int] = []
        for _ in 0..<header.transitions { instants.append(try readNumber(timeSize)) }
        var kinds: [Int] = []
        for _ in 0..<header.transitions { kinds.append(try readNumber(1) & 0xFF) }
        var types: [(offset: Int, isDaylight: Bool)] = []
        for _ in 0..<header.types {
            types.append((try readNumber(4), try readNumber(1) != 0))
            try skip(1)
        }
        guard kinds.allSatisfy(types.indices.contains) else { throw .notAZoneFile }
        try skip(header.names + header.isStandard + header.isUT)
        func span(_ start: Int, _ kind: Int) -> Zone.Span {
            Zone.Span(start: start, offset: types[kind].offset, isDaylight: types[kind].isDaylight)
        }
        var spans = [span(ZoneClock.beginning, 0)] + zip(instants, kinds).map(span)
        if timeSize == 8, let rule = try readFooter() { spans += rule.spans(after: spans[spans.count - 1]) }
        return Self.recent(spans)
    }

    /// Drops spans that ended before 1970; many zones have dozens of them.
    private static func recent(_ spans: [Zone.Span]) -> [Zone.Span] {
        Array(spans[(spans.lastIndex { $0.start < -2 * Rule.secondsPerDay } ?? 0)...])
    }

    private mutating func readHeader() throws(ZoneFileError) -> Header {
        guard bytes.dropFirst(position).starts(with: Array("TZif".utf8)) else { throw .notAZoneFile }
        try skip(4)
        let version = try readNumber(1)
        try skip(15)
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(try readNumber(4)) }
        guard counts.allSatisfy({ $0 >= 0 }) else { throw .notAZoneFile }
        return Header(
            version: version == 0 ? 1 : version - 0x30, isUT: counts[0], isStandard: counts[1], leaps: counts[2],
            transitions: counts[3], types: counts[4], names: counts[5])
    }

    private func size(of header: Header, timeSize: Int) -> Int {
        header.transitions * (timeSize + 1) + header.types * 6 + header.names + header.leaps * (timeSize + 4)
            + header.isStandard + header.isUT
    }

    /// The rule for the time after the last transition, between two line feeds; nil when there is none.
    private mutating func readFooter() throws(ZoneFileError) -> PosixRule? {
        guard position < bytes.count, bytes[position] == 0x0A else { throw .truncated }
        guard let end = bytes[(position + 1)...].firstIndex(of: 0x0A) else { throw .truncated }
        let text = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
        guard !text.isEmpty else { return nil }
        guard let rule = PosixRule(text) else { throw .badRule(text) }
        return rule
    }

    private mutating func skip(_ count: Int) throws(ZoneFileError) {
        guard count <= bytes.count - position else { throw .truncated }
        position += count
    }

    /// A big-endian two's-complement number.
    private mutating func readNumber(_ size: Int) throws(ZoneFileError) -> Int {
        guard size <= bytes.count - position else { throw .truncated }
        defer { position += size }
        let first = Int(Int8(bitPattern: bytes[position]))
        return bytes[(position + 1)..<(position + size)].reduce(first) { $0 << 8 | Int($1) }
    }
}
