import Foundation
import Projects
import Testing

@testable import Notices

/// When messages are sent, and which events are sent together.
@Suite struct PlacingTests {
    @Test(arguments: [
        // The first is due at once. The quiet time starts when it was due, whether it has arrived or not.
        (nil, Placement.new(due: noon)),
        (
            PlacedNotice(id: 5, due: noon.addingTimeInterval(-60), state: .taken),
            .new(due: noon.addingTimeInterval(840))
        ),
        (PlacedNotice(id: 5, due: noon.addingTimeInterval(-900), state: .taken), .new(due: noon)),
        (PlacedNotice(id: 5, due: noon.addingTimeInterval(-9_000), state: .taken), .new(due: noon)),
        // A message that no sender has taken absorbs it, whether it waits for its time or for its server.
        (PlacedNotice(id: 5, due: noon.addingTimeInterval(840), state: .open), .folded(into: 5)),
        (PlacedNotice(id: 5, due: noon.addingTimeInterval(-9_000), state: .open), .folded(into: 5)),
        // A replaced message starts no quiet time of its own, but that of the message before it still applies.
        (
            PlacedNotice(id: 5, due: noon.addingTimeInterval(840), state: .replaced),
            .new(due: noon.addingTimeInterval(840))
        ),
        (PlacedNotice(id: 5, due: noon.addingTimeInterval(-1), state: .replaced), .new(due: noon)),
    ])
    func aStormIsToldInOneMessageAQuietTime(last: PlacedNotice?, placement: Placement) {
        #expect(place(after: last, at: noon, quiet: 900) == placement)
    }

    /// A whole day of failures, one a minute, by the rules above: how many messages, and that no failure is lost.
    @Test func aDayOfFailuresIsOneMessageAQuarterOfAnHour() throws {
        var messages: [(due: Date, notice: Notice)] = []
        for minute in 0..<1_440 {
            let now = noon.addingTimeInterval(Double(minute) * 60)
            let fact = notice(try failure(), run: Int64(minute), at: now)
            let last = messages.last.map {
                PlacedNotice(id: Int64(messages.count), due: $0.due, state: $0.due <= now ? .taken : .open)
            }
            switch place(after: last, at: now, quiet: 900) {
            case .new(let due): messages.append((due, fact))
            case .folded(let id): messages[Int(id) - 1].notice = fact.taking(in: messages[Int(id) - 1].notice)
            }
        }
        #expect(messages.count == 97 && messages.reduce(0) { $0 + $1.notice.count } == 1_440)
        for (earlier, later) in zip(messages, messages.dropFirst()) {
            #expect(later.due.timeIntervalSince(earlier.due) >= 900)
        }
    }

    @Test func whatIsFoldedIsCountedAndNamed() throws {
        var folded = notice(try failure(), run: 1)
        for run in 2...40 { folded = notice(try failure(), run: Int64(run)).taking(in: folded) }
        #expect(folded.count == 40 && folded.run == 40 && folded.title.hasSuffix("failed (run 40); 40 in all"))
        #expect(folded.earlier.count == 20)
        #expect(folded.earlier.first?.hasSuffix("(run 1)") ?? false)
        #expect(folded.earlier.last?.hasSuffix("(run 39)") ?? false)
        let missed = MissedFire(schedule: "nightly", logicalTime: noon, reason: "x", count: 3)
        #expect(notice(.missed(missed)).taking(in: notice(.missed(missed))).count == 6)
    }

    @Test func failureAndRecoveryTakeEachOthersPlace() {
        let pairs = NoticeKind.allCases.filter { $0.opposite != nil }
        #expect(pairs == [.failure, .recovery] && pairs.map(\.opposite) == [.recovery, .failure])
    }
}
