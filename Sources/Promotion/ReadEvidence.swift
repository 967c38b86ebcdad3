import Foundation

extension Evidence {
    /// Reads a CSV table (RFC 4180, UTF-8) with a header: `id`, `label`, `challenger`, and optionally `champion`,
    /// `weight` and `group`, in any order. Every other column is a slice column.
    ///
    /// Numbers are decimal with an optional exponent. Stops at the first problem.
    public static func parse(csv: [UInt8]) throws(EvidenceProblem) -> Evidence {
        guard String(validating: csv, as: UTF8.self) != nil else { throw .notUTF8 }
        var rows = CSVRows(csv)
        guard let header = try rows.next() else { throw .empty }
        try checkHeader(header)

        var columns = [[String]](repeating: [], count: header.count)
        var row = 0
        while let cells = try rows.next() {
            row += 1
            guard cells.count == header.count else {
                throw .wrongCellCount(row: row, count: cells.count, expected: header.count)
            }
            for (place, cell) in cells.enumerated() { columns[place].append(cell) }
        }
        return try evidence(from: Dictionary(uniqueKeysWithValues: zip(header, columns)))
    }
}

private let requiredColumns = ["id", "label", "challenger"]
private let knownColumns = requiredColumns + ["champion", "weight", "group"]

private func checkHeader(_ header: [String]) throws(EvidenceProblem) {
    if header == [""] { throw .empty }
    var seen: Set<String> = []
    for (place, name) in header.enumerated() {
        let plain = name.trimmingCharacters(in: .whitespaces).lowercased()
        if plain.isEmpty { throw .unnamedColumn(position: place + 1) }
        if plain != name, knownColumns.contains(plain) { throw .misspelledColumn(name, expected: plain) }
        if !seen.insert(name).inserted { throw .duplicateColumn(name) }
    }
    for name in requiredColumns where !seen.contains(name) { throw .missingColumn(name) }
}

private func evidence(from columns: [String: [String]]) throws(EvidenceProblem) -> Evidence {
    try Evidence(
        ids: columns["id"] ?? [],
        labels: numbers(columns["label"] ?? [], column: "label"),
        challenger: numbers(columns["challenger"] ?? [], column: "challenger"),
        champion: optionalNumbers(columns["champion"], column: "champion"),
        weights: optionalNumbers(columns["weight"], column: "weight"),
        groups: columns["group"],
        slices: columns.filter { !knownColumns.contains($0.key) })
}

private func optionalNumbers(_ cells: [String]?, column: String) throws(EvidenceProblem) -> [Double]? {
    guard let cells else { return nil }
    return try numbers(cells, column: column)
}

private func numbers(_ cells: [String], column: String) throws(EvidenceProblem) -> [Double] {
    var numbers: [Double] = []
    numbers.reserveCapacity(cells.count)
    for (place, text) in cells.enumerated() {
        if text.isEmpty { throw .missingValue(row: place + 1, column: column) }
        // Swift also parses hexadecimal, which is never meant in a table of scores.
        guard let number = Double(text),
            !text.utf8.contains(where: { $0 == UInt8(ascii: "x") || $0 == UInt8(ascii: "X") })
        else { throw .notANumber(row: place + 1, column: column, text: text) }
        guard number.isFinite else { throw .notFinite(row: place + 1, column: column, text: text) }
        numbers.append(number)
    }
    return numbers
}
