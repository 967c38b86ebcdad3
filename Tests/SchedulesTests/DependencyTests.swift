import Foundation
import Schedules
import Testing

@Suite struct DependencyTests {
    let time = Date(timeIntervalSince1970: 1_763_899_200)

    @Test func aFireStartsWhenAllThatItComesAfterHavePassed() {
        #expect(readiness(after: []) == .ready)
        #expect(readiness(after: [("a", time, .passed), ("b", time, .passed)]) == .ready)
    }

    @Test(arguments: [
        (FireState.undecided, "a for 2025-11-23T12:00:00Z to start"), (.waiting, "a for 2025-11-23T12:00:00Z to start"),
        (.running(4), "a for 2025-11-23T12:00:00Z (run 4)"),
        (.ended(run: 4, as: "failed"), "a for 2025-11-23T12:00:00Z, whose run 4 failed: `espalier retry 4`"),
    ])
    func untilThenItSaysWhatItWaitsFor(state: FireState, words: String) {
        #expect(readiness(after: [("a", time, state)]) == .waits("waits for \(words)"))
        #expect(
            readiness(after: [("b", time, .passed), ("a", time, state), ("c", time, state)])
                == .waits("waits for \(words), and \(words.replacing("a for", with: "c for"))"))
    }

    @Test(arguments: [FireState.notLive, .neverDue, .unrecorded, .skipped("late")])
    func whatCannotHappenAnyMoreIsNotWaitedFor(state: FireState) {
        guard case .never(.dependency("a", _)) = readiness(after: [("b", time, .running(1)), ("a", time, state)]) else {
            return #expect(Bool(false))
        }
    }
}
