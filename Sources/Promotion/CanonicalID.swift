/// A row's id as the value that it stands for, however it is written: without quotes, blanks and byte order marks around it,
/// and a number without needless zeros, signs and exponents. `007`, `7.0` and ` "7"` are `7`; `1.10` is `1.1`, and `1.1.0` is
/// itself. Digits are kept exactly, whatever their count.
public func canonicalID(_ id: String) -> String {
    let bytes = Array(id.utf8)
    // Most ids are numbers from 1, or names.
    if let first = bytes.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first), bytes.allSatisfy(isDigit) {
        return id
    }
    var text = id.unicodeScalars[...]
    while let first = text.first, isAround(first) { text.removeFirst() }
    while let last = text.last, isAround(last) { text.removeLast() }
    return number(Array(String(text).utf8)) ?? String(text)
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isAround(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\"" || scalar == "'" || scalar == "\u{FEFF}" || scalar.properties.isWhitespace
}

/// The number in plain decimal notation; `nil` where the text is no decimal number, or one with more than 400 digits.
private func number(_ text: [UInt8]) -> String? {
    var rest = text[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var fraction: ArraySlice<UInt8> = []
    if rest.first == UInt8(ascii: ".") {
        rest.removeFirst()
        fraction = rest.prefix(while: isDigit)
        rest = rest.dropFirst(fraction.count)
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    var exponent = 0
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
        guard let value = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), abs(value) <= 400 else { return nil }
        (exponent, rest) = (value, [])
    }
    guard rest.isEmpty, whole.count + fraction.count <= 400 else { return nil }
    var digits = Array(whole) + Array(fraction)
    // Where the decimal point is, counted from the first digit.
    var point = whole.count + exponent
    let zero = UInt8(ascii: "0")
    while point > digits.count { digits.append(zero) }
    while point < 0 {
        digits.insert(zero, at: 0)
        point += 1
    }
    var integer = digits[..<point].drop(while: { $0 == zero })
    var decimals = digits[point...]
    while decimals.last == zero { decimals.removeLast() }
    if integer.isEmpty { integer = [zero] }
    let value =
        String(decoding: integer, as: UTF8.self)
        + (decimals.isEmpty ? "" : "." + String(decoding: decimals, as: UTF8.self))
    return isNegative && value != "0" ? "-" + value : value
}
