import Fixtures
import Foundation
import Testing
import Watching

@Suite struct WatchingTests {
    /// The first hint that satisfies `wanted`. Earlier hints may report less; a late hint is fine.
    func first(_ hints: AsyncStream<RefHint>, where wanted: (RefHint) -> Bool) async -> RefHint? {
        for await hint in hints where wanted(hint) { return hint }
        return nil
    }

    @Test func aPushIsSeenOnDiskByTheNameOfItsRef() async throws {
        let fixture = try GitFixture()
        try fixture.push("one", ["a": "1"])
        let hints = try RefWatcher(repository: fixture.bare).hints()
        try fixture.push("two", ["a": "2"])
        #expect(await first(hints) { $0 == .refs(["refs/heads/main"]) } != nil)
    }

    @Test(.timeLimit(.minutes(10)))
    func aRefInNewFoldersIsSeenByItsName() async throws {
        let fixture = try GitFixture()
        try fixture.push("one", ["a": "1"])
        let hints = try RefWatcher(repository: fixture.bare).hints()
        try fixture.git("push", "--quiet", "origin", "HEAD:refs/heads/deep/er/branch")
        let seen = await first(hints) { hint in
            if case .refs(let names) = hint { names.contains("refs/heads/deep/er/branch") } else { false }
        }
        #expect(seen != nil)
    }

    @Test func espaliersOwnRefsAreNoNews() async throws {
        let fixture = try GitFixture()
        try fixture.push("one", ["a": "1"])
        let hints = try RefWatcher(repository: fixture.bare).hints()
        try fixture.bareGit("update-ref", "refs/espalier/changes/1/merge", "main")
        try fixture.push("two", ["a": "2"])
        let seen = await first(hints) { hint in
            if case .refs(let names) = hint { !names.isEmpty } else { true }
        }
        #expect(seen == .refs(["refs/heads/main"]))
    }

    @Test func packingAsksForALookAtEverything() async throws {
        let fixture = try GitFixture()
        try fixture.push("one", ["a": "1"])
        let hints = try RefWatcher(repository: fixture.bare).hints()
        try fixture.bareGit("pack-refs", "--all")
        #expect(await first(hints) { $0 == .all } != nil)
    }

    @Test func aRingIsHeardAndAnswered() async throws {
        let folder = try TemporaryFolder()
        let bell = try Doorbell(path: folder.path + "/s")
        let listener = Task {
            for await ring in bell.rings() {
                ring.answer("heard \(ring.lines.joined(separator: "|"))")
                return
            }
        }
        let path = folder.path
        let answer = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: Doorbell.ring(path + "/s", ["pushed /r", "a b refs/heads/x"], waitSeconds: 300))
            }
        }
        #expect(answer == "heard pushed /r|a b refs/heads/x")
        await listener.value
    }

    @Test func aBellThatNobodyHearsSaysSo() throws {
        let folder = try TemporaryFolder()
        #expect(Doorbell.ring(folder.path + "/none", ["look"]) == nil)
    }

    @Test func aSocketWithTooLongANameIsRefused() throws {
        let error = #expect(throws: WatchingError.self) {
            try Doorbell(path: "/tmp/" + String(repeating: "x", count: 200))
        }
        #expect(error?.description.contains("File name too long") ?? false)
    }

    @Test(.timeLimit(.minutes(10)))
    func aTimerRingsWhenItsMomentHasComeAndAtOnceForOneThatHasPassed() async throws {
        let (rings, continuation) = AsyncStream<Date>.makeStream()
        let timer = try WallTimer { continuation.yield(Date()) }
        var iterator = rings.makeAsyncIterator()
        timer.set(.now + 3_600)
        let soon = Date.now + 0.3
        timer.set(soon)
        let rung = try #require(await iterator.next())
        #expect(rung >= soon && rung < soon + 30)
        timer.set(.distantPast)
        _ = try #require(await iterator.next())
        // A timer that is not set does not ring: the next ring is for the next moment.
        timer.set(.now + 1)
        timer.set(nil)
        let later = Date.now + 2
        try await Task.sleep(for: .milliseconds(1_300))
        timer.set(later)
        #expect(try #require(await iterator.next()) >= later)
    }
}
