extension Answers {
    /// The last lines of a log, about `size` bytes.
    ///
    /// - Returns: the lines, and whether earlier ones were left out; `nil` when there is no such log.
    func logEnd(run: Int64, step: String, size: Int) async throws -> (part: LogPart, isCut: Bool)? {
        guard let first = try await log(run: run, step: step, from: 0, limit: size) else { return nil }
        guard first.bytes.count >= size, !first.isOver else { return (first, false) }
        let length = try await logLength(run: run, step: step, atLeast: first.nextOffset, within: Int64(size / 4))
        let start = max(0, length - Int64(size))
        guard start > 0, var last = try await log(run: run, step: step, from: start, limit: size + size / 2) else {
            return (first, false)
        }
        if let newline = last.bytes.firstIndex(of: UInt8(ascii: "\n")) { last.bytes.removeFirst(newline + 1) }
        return (last, true)
    }

    /// The length of a log, or up to `within` bytes less. Found by doubling, then bisecting, with one-byte reads.
    private func logLength(run: Int64, step: String, atLeast known: Int64, within: Int64) async throws -> Int64 {
        var (lower, upper) = (known, known * 2)
        while try await hasByte(run, step, at: upper) { (lower, upper) = (upper, upper * 2) }
        while upper - lower > within {
            let middle = lower + (upper - lower) / 2
            if try await hasByte(run, step, at: middle) { lower = middle } else { upper = middle }
        }
        return lower
    }

    private func hasByte(_ run: Int64, _ step: String, at offset: Int64) async throws -> Bool {
        try await log(run: run, step: step, from: offset, limit: 1).map { !$0.bytes.isEmpty } ?? false
    }
}
