import Foundation
import Home
import Logging
import Runs
import Store
import Synchronization

/// Writes facts of runs in the order in which they were recorded. Facts that arrive during a write are written
/// together, with one flush.
///
/// Nothing is given up: while the disk is full or the store is busy, writing is retried and callers keep waiting. Facts
/// that were not durable when the process ended, or came after it had stopped writing, are recovered from the steps'
/// own records.
final class Journal: Sendable {
    private struct Entry {
        let write: FactWrite
        let done: CheckedContinuation<Void, Never>
    }

    private struct State {
        var queued: [Entry] = []
        var isClosing = false
        /// Writing has stopped for good.
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

    /// Queues a write immediately, and waits until it is durable.
    func write(_ write: FactWrite) async {
        await withCheckedContinuation { continuation in
            let isQueued = state.withLock { state in
                if !state.isOver { state.queued.append(Entry(write: write, done: continuation)) }
                return !state.isOver
            }
            if isQueued { bell.ring() } else { continuation.resume() }
        }
    }

    /// Runs until closed.
    func run() async {
        for await _ in bell.rings { await writeAll() }
        await writeAll(isLast: true)
    }

    /// Writes what is queued once more and stops, even if the disk accepts nothing.
    func close() {
        state.withLock { $0.isClosing = true }
        bell.stop()
    }

    private func writeAll(isLast: Bool = false) async {
        while true {
            let batch = state.withLock { state in
                defer { state.queued = [] }
                state.isOver = isLast && state.queued.isEmpty
                return state.queued
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
