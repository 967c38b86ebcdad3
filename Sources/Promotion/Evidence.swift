import Foundation

/// The per-row holdout scores that a promotion is decided on.
///
/// Every column has one value per element of `ids`, in the same order. Ids are unique and sorted, so the order of rows
/// and columns in the file does not matter. Every number is finite, and no weight is negative.
public struct Evidence: Sendable, Equatable {
    public let ids: [String]
    /// The true outcome of each row: 0 or 1 for a classification metric, any number for a regression metric.
    public let labels: [Double]
    /// The challenger's score: a probability, a rank score or a predicted value, as the metric needs it.
    public let challenger: [Double]
    /// The champion's score on the same rows; nil when the table has no such column.
    public let champion: [Double]?
    public let weights: [Double]?
    /// Rows of one group (a patient, a hospital) are not independent, so the bootstrap draws groups whole.
    public let groups: [String]?
    /// Column name → value of each row. An empty value is a slice of its own.
    public let slices: [String: [String]]

    /// Checks the columns and sorts their rows by id.
    ///
    /// Problems name a row by its position in the given columns, from 1.
    public init(
        ids: [String], labels: [Double], challenger: [Double], champion: [Double]? = nil,
        weights: [Double]? = nil, groups: [String]? = nil, slices: [String: [String]] = [:]
    ) throws(EvidenceProblem) {
        guard !ids.isEmpty else { throw .noRows }
        let names: [(String, [String]?)] = [("id", ids), ("group", groups)]
        for (name, column) in names {
            try requireFilled(column, name: name, rows: ids.count)
        }
        for (name, column) in slices.sorted(by: { $0.key < $1.key }) {
            try requireLength(column.count, name: name, rows: ids.count)
        }
        let numbers: [(String, [Double]?)] = [
            ("label", labels), ("challenger", challenger), ("champion", champion), ("weight", weights),
        ]
        for (name, column) in numbers {
            try requireFinite(column, name: name, rows: ids.count)
        }
        if let row = weights?.firstIndex(where: { $0 < 0 }) { throw .negativeWeight(row: row + 1) }

        let order = try orderOfUnique(ids)
        self.ids = order.map { ids[$0] }
        self.labels = order.map { labels[$0] }
        self.challenger = order.map { challenger[$0] }
        self.champion = champion.map { column in order.map { column[$0] } }
        self.weights = weights.map { column in order.map { column[$0] } }
        self.groups = groups.map { column in order.map { column[$0] } }
        self.slices = slices.mapValues { column in order.map { column[$0] } }
    }
}

extension Evidence {
    /// The evidence of these rows only, by position, ascending.
    func part(_ rows: [Int]) -> Evidence {
        Evidence(
            checked: rows.map { ids[$0] }, labels: rows.map { labels[$0] }, challenger: rows.map { challenger[$0] },
            champion: champion.map { column in rows.map { column[$0] } },
            weights: weights.map { column in rows.map { column[$0] } },
            groups: groups.map { column in rows.map { column[$0] } })
    }

    private init(
        checked ids: [String], labels: [Double], challenger: [Double], champion: [Double]?, weights: [Double]?,
        groups: [String]?
    ) {
        self.ids = ids
        self.labels = labels
        self.challenger = challenger
        self.champion = champion
        self.weights = weights
        self.groups = groups
        slices = [:]
    }
}

private func requireLength(_ count: Int, name: String, rows: Int) throws(EvidenceProblem) {
    guard count == rows else { throw .unequalColumns(column: name, count: count, expected: rows) }
}

private func requireFilled(_ column: [String]?, name: String, rows: Int) throws(EvidenceProblem) {
    guard let column else { return }
    try requireLength(column.count, name: name, rows: rows)
    if let row = column.firstIndex(of: "") { throw .missingValue(row: row + 1, column: name) }
}

private func requireFinite(_ column: [Double]?, name: String, rows: Int) throws(EvidenceProblem) {
    guard let column else { return }
    try requireLength(column.count, name: name, rows: rows)
    if let row = column.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(row: row + 1, column: name, text: "\(column[row])")
    }
}

/// The positions of `ids` in ascending order of id. Throws if two stand for the same value.
private func orderOfUnique(_ ids: [String]) throws(EvidenceProblem) -> [Int] {
    let order = ids.indices.sorted { (ids[$0], $0) < (ids[$1], $1) }
    var rows: [String: Int] = [:]
    rows.reserveCapacity(ids.count)
    for row in ids.indices {
        if let earlier = rows.updateValue(row, forKey: canonicalID(ids[row])) {
            throw .duplicateID(ids[earlier], rows: [earlier + 1, row + 1])
        }
    }
    return order
}
