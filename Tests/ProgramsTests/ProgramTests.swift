import Foundation
import Programs
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ProgramTests {
    @Test func whatItSaysAndHowItEndsIsTold() async throws {
        let ending = try await Program("/bin/sh", ["-c", "cat; echo $X >&2; exit 3"], environment: ["X": "wrong"])
            .run(input: Data("in".utf8))
        #expect(ending.code == 3 && ending.output == Data("in".utf8) && ending.errors == Data("wrong\n".utf8))
    }

    @Test func nobodyListensToMoreThanIsWanted() async throws {
        let ending = try await Program("/bin/sh", ["-c", "yes; echo $? >&2"]).run(most: 4)
        #expect(ending.output == Data("y\ny\n".utf8))
        #expect(ending.errors != Data("0\n".utf8), "it ends by itself, for its reader is gone")
    }

    @Test func whatCannotBeStartedIsSaid() async {
        await #expect(throws: (any Error).self) { try await Program("/no/such/program", []).run() }
    }

    @Test func itEndsWithTheTask() async throws {
        let began = ContinuousClock.now
        let waiting = Task { try await Program("/bin/sleep", ["3000"]).run() }
        try await Task.sleep(for: .milliseconds(100))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(began.duration(to: .now) < .seconds(300))
    }

    @Test func itIsNotStartedForATaskThatIsOver() async throws {
        let waiting = Task {
            while !Task.isCancelled { await Task.yield() }
            _ = try await Program("/bin/sleep", ["50"]).run()
        }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }
}
