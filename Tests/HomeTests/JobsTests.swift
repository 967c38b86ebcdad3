import Synchronization
import Testing

@testable import Home

@Suite struct JobsTests {
    @Test func jobsRunBesideEachOtherAndEndWithTheirOwner() async {
        let jobs = Jobs()
        let (ends, end) = AsyncStream<String>.makeStream()
        // Submitted before anything runs them.
        jobs.start { end.yield("first") }
        await withDiscardingTaskGroup { group in
            group.addTask { await jobs.run() }
            jobs.start {
                try? await Task.sleep(for: .seconds(3_600))
                end.yield(Task.isCancelled ? "cancelled" : "slept")
                end.finish()
            }
            var seen: [String] = []
            for await word in ends {
                seen.append(word)
                if word == "first" { jobs.stop() }
            }
            #expect(seen == ["first", "cancelled"])
        }
    }

    /// A group whose results nobody takes keeps what each task captured.
    @Test func nothingIsKeptOfAJobThatHasEnded() async {
        final class Witness: Sendable {
            let gone: AsyncStream<Void>.Continuation
            init(_ gone: AsyncStream<Void>.Continuation) { self.gone = gone }
            deinit { gone.yield() }
        }
        let jobs = Jobs()
        let (witnesses, gone) = AsyncStream<Void>.makeStream()
        await withDiscardingTaskGroup { group in
            group.addTask { await jobs.run() }
            for _ in 0..<100 {
                let witness = Witness(gone)
                jobs.start { withExtendedLifetime(witness) {} }
            }
            var count = 0
            for await _ in witnesses {
                count += 1
                if count == 100 { break }
            }
            jobs.stop()
        }
    }
}
