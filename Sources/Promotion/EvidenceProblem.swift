import Foundation

/// Why evidence cannot be used. A problem always means: not promoted.
///
/// `row` counts rows of data from 1, without the header; `line` counts lines of the file from 1.
public enum EvidenceProblem: Error, Equatable, Sendable {
    case notUTF8
    case empty
    case noRows
    case strayQuote(line: Int)
    case strayCarriageReturn(line: Int)
    case unclosedQuote(line: Int)
    case missingColumn(String)
    case missingSlice(String)
    case duplicateColumn(String)
    case unnamedColumn(position: Int)
    /// A column whose name differs from a known one only in case or surrounding blanks. It would otherwise be read as a
    /// slice.
    case misspelledColumn(String, expected: String)
    case wrongCellCount(row: Int, count: Int, expected: Int)
    case unequalColumns(column: String, count: Int, expected: Int)
    case missingValue(row: Int, column: String)
    case notANumber(row: Int, column: String, text: String)
    case notFinite(row: Int, column: String, text: String)
    case negativeWeight(row: Int)
    case duplicateID(String, rows: [Int])
    case labelNotBinary(id: String, label: Double, metric: Metric)
    case notAProbability(id: String, column: String, score: Double, metric: Metric)
    /// The metric is undefined on these rows: only one class, no weight at all, or numbers too large to square.
    case undefined(metric: Metric, column: String)
}

extension EvidenceProblem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notUTF8: "the evidence is not UTF-8 text; write it as UTF-8 CSV"
        case .empty: "the evidence is empty; write a header and one row for each holdout row"
        case .noRows: "the evidence has no rows; write one row for each holdout row"
        case .strayQuote(let line):
            "line \(line): a quote inside a cell; put the whole cell in quotes and double the ones inside"
        case .strayCarriageReturn(let line):
            "line \(line): a carriage return without a line feed; end lines with LF or CRLF"
        case .unclosedQuote(let line): "line \(line): a quoted cell starts here and never ends"
        case .missingColumn(let name): "the column '\(name)' is missing; the header needs id, label and challenger"
        case .missingSlice(let name):
            "the column '\(name)' is missing, but a rule checks its slices; add it to the evidence"
        case .duplicateColumn(let name): "the column '\(name)' appears twice in the header"
        case .unnamedColumn(let position): "column \(position) of the header has no name"
        case .misspelledColumn(let name, let expected): "the column '\(name)' must be written '\(expected)'"
        case .wrongCellCount(let row, let count, let expected):
            "row \(row) has \(count) cells where the header has \(expected)"
        case .unequalColumns(let column, let count, let expected):
            "the column '\(column)' has \(count) values where there are \(expected) ids"
        case .missingValue(let row, let column): "row \(row) has no '\(column)'; every row needs one"
        case .notANumber(let row, let column, let text): "row \(row), column '\(column)': '\(text)' is not a number"
        case .notFinite(let row, let column, let text):
            "row \(row), column '\(column)': '\(text)' is not finite; a model that cannot score a row is not promoted"
        case .negativeWeight(let row): "row \(row), column 'weight': a weight cannot be negative"
        case .duplicateID(let id, let rows):
            "the id '\(id)' appears in rows \(rows.map(String.init).joined(separator: " and ")); every id may appear once"
        case .labelNotBinary(let id, let label, let metric):
            "\(metric.rawValue) needs labels 0 and 1, and the row '\(id)' has \(label)"
        case .notAProbability(let id, let column, let score, let metric):
            "\(metric.rawValue) needs probabilities from 0 to 1, and the row '\(id)' has \(score) in column '\(column)'"
        case .undefined(let metric, let column):
            "\(metric.rawValue) of the \(column) is not defined on these rows: "
                + "one class only, no weight, or numbers too large"
        }
    }
}
