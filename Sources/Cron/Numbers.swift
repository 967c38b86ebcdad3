/// A set of numbers from 0 to 63, such as the minutes on which an expression is due.
struct Numbers: Hashable, Sendable {
    private(set) var bits: UInt64 = 0

    init(_ values: some Sequence<Int> = []) {
        for value in values { insert(value) }
    }

    var isEmpty: Bool { bits == 0 }
    var count: Int { bits.nonzeroBitCount }
    /// The smallest number; 0 for an empty set.
    var first: Int { bits == 0 ? 0 : bits.trailingZeroBitCount }
    /// The largest number; 0 for an empty set.
    var last: Int { bits == 0 ? 0 : 63 - bits.leadingZeroBitCount }

    mutating func insert(_ value: Int) { bits |= 1 << UInt64(value) }

    func contains(_ value: Int) -> Bool { bits >> value & 1 == 1 }

    /// The smallest number that is at least `value`.
    func next(from value: Int) -> Int? {
        let rest = bits >> value
        return rest == 0 ? nil : value + rest.trailingZeroBitCount
    }

    /// The largest number that is at most `value`.
    func previous(through value: Int) -> Int? {
        let rest = upTo(value)
        return rest.isEmpty ? nil : rest.last
    }

    /// The numbers that are at most `value`.
    func upTo(_ value: Int) -> Numbers {
        guard value >= 0 else { return Numbers() }
        var kept = self
        kept.bits &= value >= 63 ? .max : (1 << UInt64(value + 1)) - 1
        return kept
    }
}

extension Numbers: ExpressibleByArrayLiteral {
    init(arrayLiteral values: Int...) { self.init(values) }
}

extension Numbers: Sequence {
    struct Iterator: IteratorProtocol {
        var rest: UInt64

        mutating func next() -> Int? {
            guard rest != 0 else { return nil }
            defer { rest &= rest - 1 }
            return rest.trailingZeroBitCount
        }
    }

    func makeIterator() -> Iterator { Iterator(rest: bits) }
}
