import Foundation
import Home
import Logging
import Promoting
import Runs
import Store
import Synchronization

/// Writes what is told of runs, in the order it was told. What comes while the disk is at work is written together, with
/// one flush for all of it.
///
/// Nothing is given up: while the disk is full or the store is busy, it is tried again, and whoever waits goes on waiting.
/// What did not get to the disk before the process ended, or was told after it came to its end, is found out again from the
/// steps' own records.
final class Journal: Sendable {
    private struct Entry {
        let write: FactWrite
        let done: CheckedContinuation<Void, Never>
    }

    private struct State {
        var unwritten: [Entry] = []
        var isClosing = false
        /// Nobody writes any more.
        var isOver = false
    }

    private let store: Store
    private let logger: Logger
    private let state = Mutex(State())
    private let bell = Bell()

    init(store: Store, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Queue a write, at once, and wait until it is on disk.
    package func write(_ write: FactWrite) async {
        await withCheckedContinuation { continuation in
            let isQueued = state.withLock { state in
                if !state.isOver { state.unwritten.append(Entry(write: write, done: continuation)) }
                return !state.isOver
            }
            if isQueued { bell.ring() } else { continuation.resume() }
        }
    }

    /// Serve until closed.
    package func run() async {
        for await _ in bell.rings { await writeAll() }
        await writeAll(isLast: true)
    }

    /// Write what is queued once more, and come to an end, even while the disk takes nothing.
    package func close() {
        state.withLock { $0.isClosing = true }
        bell.stop()
    }

    private func writeAll(isLast: Bool = false) async {
        while true {
            let batch = state.withLock { state in
                defer { state.unwritten = [] }
                state.isOver = isLast && state.unwritten.isEmpty
                return state.unwritten
            }
            guard !batch.isEmpty else { return }
            await write(batch)
            batch.forEach { $0.done.resume() }
        }
    }

    private func write(_ batch: [Entry]) async {
        var pause = 0.1
        while true {
            do {
                try await store.append(batch.map(\.write))
                return Failpoint.reach(.factsStored)
            } catch {
                let runs = Set(batch.map { "\($0.write.run.id)" }).sorted().joined(separator: ", ")
                logger.error("what happened in run \(runs) could not be stored, and is tried again: \(error)")
            }
            if state.withLock({ $0.isClosing }) { return }
            try? await Task.sleep(for: .seconds(pause))
            pause = min(pause * 2, 5)
        }
    }
}
