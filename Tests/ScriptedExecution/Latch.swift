import Synchronization

/// Opens once. Tests open it to let something go on, or wait for it.
package final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var number = 0
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var actions: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var isOpen: Bool { state.withLock(\.isOpen) }

    package func open() {
        let (waiters, actions) = state.withLock { state in
            defer { (state.isOpen, state.waiters, state.actions) = (true, [:], []) }
            return (state.waiters, state.actions)
        }
        actions.forEach { $0() }
        waiters.values.forEach { $0.resume() }
    }

    /// Run `action` when it opens, on the thread that opens it; at once if it is open.
    package func whenOpen(_ action: @escaping @Sendable () -> Void) {
        let isOpen = state.withLock { state in
            if !state.isOpen { state.actions.append(action) }
            return state.isOpen
        }
        if isOpen { action() }
    }

    /// - Throws: `CancellationError` when the task is cancelled before it opens.
    package func wait() async throws {
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver: Result<Void, any Error>? = state.withLock { state in
                    if state.isOpen { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters[number] = continuation
                    return nil
                }
                if let isOver { continuation.resume(with: isOver) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(throwing: CancellationError())
        }
    }
}
