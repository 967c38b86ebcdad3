/// Follows a step's log, in whole lines. Polls twice a second, and only while somebody reads.
struct FollowedLog: AsyncSequence, Sendable {
    /// A message to a reader of the log.
    enum Moment: Sendable, Equatable {
        case lines([UInt8], next: Int64)
        /// No new line for ten seconds. Writing this shows whether the reader is still there.
        case quiet
        case over(next: Int64)
    }

    let answers: any Answers
    let run: Int64
    let step: String
    let offset: Int64
    var pollEvery: Duration = .milliseconds(500)

    func makeAsyncIterator() -> Iterator { Iterator(log: self, offset: offset) }

    struct Iterator: AsyncIteratorProtocol {
        private static let piece = 64 << 10
        private static let quietPolls = 20

        let log: FollowedLog
        var offset: Int64
        var isOver = false
        var isCaughtUp = false

        mutating func next() async throws -> Moment? {
            guard !isOver else { return nil }
            for _ in 0..<Self.quietPolls {
                if isCaughtUp { try await Task.sleep(for: log.pollEvery) }
                guard
                    let part = try await log.answers.log(run: log.run, step: log.step, from: offset, limit: Self.piece)
                else { return end() }
                let lines = part.isOver || part.bytes.count >= Self.piece ? wholeLines(part) ?? part : wholeLines(part)
                isCaughtUp = part.bytes.count < Self.piece && !part.isOver
                if let lines, !lines.bytes.isEmpty {
                    offset = lines.nextOffset
                    return .lines(lines.bytes, next: offset)
                }
                if part.isOver { return end() }
            }
            return .quiet
        }

        private mutating func end() -> Moment {
            isOver = true
            return .over(next: offset)
        }

        /// The part up to its last newline; `nil` without one. A cut there splits no character and no escape sequence.
        private func wholeLines(_ part: LogPart) -> LogPart? {
            guard let newline = part.bytes.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
            let left = part.bytes.count - newline - 1
            return LogPart(
                bytes: Array(part.bytes[...newline]), nextOffset: part.nextOffset - Int64(left),
                isOver: part.isOver && left == 0)
        }
    }
}

extension FollowedLog.Moment {
    /// As an event of `text/event-stream`.
    func event(inHTML: Bool) -> String {
        switch self {
        case .lines(let bytes, let next):
            let text = inHTML ? LogText(bytes).html : LogText(bytes).plain
            let data = text.split(separator: "\n", omittingEmptySubsequences: false).map { "data: \($0)\n" }.joined()
            return "id: \(next)\nevent: log\n\(data)\n"
        case .quiet: return ": still here\n\n"
        case .over(let next): return "id: \(next)\nevent: end\ndata: \(next)\n\n"
        }
    }
}
