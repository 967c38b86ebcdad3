/// A UTF-16 unit of an expression in upper case, as Quartz sees it, with its position in the original text.
struct Letter: Hashable, Sendable {
    let unit: UInt16
    /// Characters before it.
    let offset: Int

    static func all(of text: String) -> [Letter] {
        var letters: [Letter] = []
        letters.reserveCapacity(text.utf8.count)
        for (offset, character) in text.enumerated() {
            if let ascii = character.asciiValue, character != "\r\n" {
                letters.append(Letter(unit: UInt16(ascii - (97...122 ~= ascii ? 32 : 0)), offset: offset))
            } else {
                letters += character.uppercased().utf16.map { Letter(unit: $0, offset: offset) }
            }
        }
        return letters
    }

    init(unit: UInt16, offset: Int) { (self.unit, self.offset) = (unit, offset) }

    func `is`(_ scalar: Unicode.Scalar) -> Bool { UInt32(unit) == scalar.value }
    var isDigit: Bool { 48...57 ~= unit }
    var isName: Bool { 65...90 ~= unit }
    /// Whether it separates fields. Line ends do not.
    var isBlank: Bool { unit == 32 || unit == 9 }
    /// Whether it is trimmed around a field.
    var isTrimmed: Bool { unit <= 32 }

    /// The value of a digit of any script, as Java's `Integer.parseInt` reads it.
    var digit: Int? {
        if isDigit { return Int(unit) - 48 }
        guard let properties = Unicode.Scalar(unit)?.properties, properties.generalCategory == .decimalNumber,
            let value = properties.numericValue
        else { return nil }
        return Int(value)
    }
}

extension Collection<Letter> {
    var text: String { String(decoding: map(\.unit), as: UTF16.self) }
}
