import Foundation

/// How to resample: the order of the rows, and which rows are drawn together.
struct Resampling: Sendable {
    /// Positions of the rows in the evidence, in the order they are drawn: stratum after stratum.
    let order: [Int]
    private let units: Units

    private enum Units {
        /// Each stratum keeps its size in every resample.
        case rows(strata: [Range<Int>])
        /// Groups are drawn whole, unstratified; `groupOfRow` follows `order`.
        case groups(count: Int, groupOfRow: [Int])
    }

    /// The fewest rows of a class (or groups with such rows) for which resamples show the spread.
    ///
    /// A stratum of one row is drawn the same every time, as if it were certain. The variance of a bootstrap is too
    /// small by the factor (m − 1)/m (Efron & Tibshirani 1993), which is a tenth at m = 10.
    static let fewestUnits = 10
    /// Units with a positive weight in the smallest stratum.
    let smallestStratum: Int

    /// For classification, the two labels are strata. For regression, all rows are one stratum. With groups, the groups
    /// are drawn instead.
    init(_ evidence: Evidence, task: MetricDefinition.Task) {
        let strata: [[Int]] =
            switch task {
            case .classification:
                [0, 1].map { label in evidence.labels.indices.filter { evidence.labels[$0] == label } }
            case .regression: [Array(evidence.labels.indices)]
            }
        order = strata.flatMap { $0 }
        if let groups = evidence.groups {
            let names = Set(groups).sorted()
            let numbers = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
            units = .groups(count: names.count, groupOfRow: order.map { numbers[groups[$0], default: 0] })
        } else {
            var start = 0
            units = .rows(
                strata: strata.map { rows in
                    defer { start += rows.count }
                    return start..<(start + rows.count)
                })
        }
        smallestStratum =
            strata.map { rows in
                let weighing = rows.filter { evidence.weights?[$0] != 0 }
                return evidence.groups.map { groups in Set(weighing.map { groups[$0] }).count } ?? weighing.count
            }.min() ?? 0
    }

    /// The number of units that these rows belong to: the rows themselves, or their groups. `rows` are positions in
    /// `order`.
    func unitCount(of rows: [Int]) -> Int {
        switch units {
        case .rows: rows.count
        case .groups(_, let groupOfRow): Set(rows.map { groupOfRow[$0] }).count
        }
    }

    /// The block of every row, from 0. At most `most` blocks, equal in size up to one, each with its part of every
    /// stratum.
    func blocks(_ most: Int) -> [Int] {
        switch units {
        case .rows: order.indices.map { $0 % min(most, order.count) }
        case .groups(let count, let groupOfRow): groupOfRow.map { $0 % min(most, count) }
        }
    }

    /// Writes how often each row is in the resample that `stream` draws.
    ///
    /// A count wraps at 256. In a stratum of any size, the probability of that is below 1/256! ≈ 10⁻⁵⁰⁷.
    func draw(_ stream: inout RandomStream, into counts: UnsafeMutableBufferPointer<UInt8>) {
        switch units {
        case .rows(let strata):
            counts.update(repeating: 0)
            for stratum in strata { drawUnits(stratum.count, &stream, into: counts, at: stratum.lowerBound) }
        case .groups(let count, let groupOfRow):
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { drawn in
                drawn.initialize(repeating: 0)
                drawUnits(count, &stream, into: drawn, at: 0)
                for row in groupOfRow.indices { counts[row] = drawn[groupOfRow[row]] }
            }
        }
    }
}

/// Draws `count` of `count` units with replacement. `counts` has them from `start` on. One random word gives two units.
///
/// Unbiased: Lemire's multiply and reject (2019).
private func drawUnits(
    _ count: Int, _ stream: inout RandomStream, into counts: UnsafeMutableBufferPointer<UInt8>, at start: Int
) {
    guard count > 0 else { return }
    let bound = UInt32(count)
    let rejected = (0 &- bound) % bound
    var random = stream
    func unit(_ bits: UInt32) -> Int {
        var product = UInt64(bits) &* UInt64(bound)
        while UInt32(truncatingIfNeeded: product) < rejected {
            product = (random.next() >> 32) &* UInt64(bound)
        }
        return start &+ Int(product >> 32)
    }
    for _ in 0..<(count / 2) {
        let word = random.next()
        counts[unit(UInt32(truncatingIfNeeded: word))] &+= 1
        counts[unit(UInt32(truncatingIfNeeded: word >> 32))] &+= 1
    }
    if count % 2 == 1 { counts[unit(UInt32(truncatingIfNeeded: random.next()))] &+= 1 }
    stream = random
}
