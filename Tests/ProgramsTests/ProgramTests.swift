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

    @Test(.timeLimit(.minutes(10))) func errorsThatFillTheirPipeDoNotHoldUpTheOutput() async throws {
        let ending = try await Program("/bin/sh", ["-c", "head -c 1000000 /dev/zero >&2; echo done"]).run()
        #expect(ending.output == Data("done\n".utf8) && ending.errors.count == 1_000_000)
    }

    @Test(.timeLimit(.minutes(10))) func inputMayBeLargerThanAPipe() async throws {
        let input = Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let ending = try await Program("/bin/cat", []).run(input: input)
        #expect(ending.code == 0 && ending.output == input)
    }

    @Test(
        .timeLimit(.minutes(10)),
        arguments: [("exit 5", 5), ("exec <&-; head -c 10 </dev/zero >/dev/null; exit 6", 6)] as [(String, Int32)])
    func inputNeedNotBeRead(script: String, code: Int32) async throws {
        let ending = try await Program("/bin/sh", ["-c", script]).run(input: Data(count: 1_000_000))
        #expect(ending.code == code)
    }

    @Test(.timeLimit(.minutes(10))) func errorsAreKeptUpToALimit() async throws {
        let ending = try await Program("/bin/sh", ["-c", "head -c 5000000 /dev/zero >&2; echo done"]).run()
        #expect(ending.output == Data("done\n".utf8) && ending.errors.count == 1 << 20)
    }

    @Test(.timeLimit(.minutes(10))) func aChildThatHoldsThePipesEndsWithTheTaskToo() async throws {
        let pids = "/tmp/esp-program-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: pids) }
        let script = "sleep 300 & echo $! > \(pids).t; mv \(pids).t \(pids); wait"
        let waiting = Task { try await Program("/bin/sh", ["-c", script]).run() }
        while !FileManager.default.fileExists(atPath: pids) { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let pid = try String(contentsOfFile: pids, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        // A zombie has no command line any more.
        while let command = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline")), !command.isEmpty {
            await Task.yield()
        }
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
