extension Duration {
    /// Parses `90s`, `10m`, `6h`, `2d`, or whole seconds; `nil` for anything else.
    public init?(written text: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }), let value = Int64(digits) else {
            return nil
        }
        let (seconds, overflow) = value.multipliedReportingOverflow(by: unit ?? 1)
        guard !overflow else { return nil }
        self = .seconds(seconds)
    }
}

/// Parses `512MiB`, `8GiB` or a plain number into bytes; `nil` for anything else.
public func bytes(written text: String) -> Int64? {
    let units: [(String, Int64)] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]
    let unit = units.first { text.hasSuffix($0.0) }
    let digits = text.dropLast(unit?.0.count ?? 0)
    guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }), let value = Int64(digits) else {
        return nil
    }
    let (result, overflow) = value.multipliedReportingOverflow(by: unit?.1 ?? 1)
    return overflow ? nil : result
}
