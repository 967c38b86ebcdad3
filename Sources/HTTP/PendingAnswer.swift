import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Somebody who waits for an answer, and hears of it or of the cancellation, whichever comes first.
///
/// FoundationNetworking's own async methods (6.3.1) lock up when they are cancelled in the moment of the answer: to cancel
/// holds the waiting task and waits for the session's queue, and that queue waits for the task. So nothing of the session is
/// touched while a task is held here.
final class PendingAnswer<Answer: Sendable>: Sendable {
    typealias Ending = Result<Answer, HTTPError>

    private enum State {
        case waiting(CheckedContinuation<Ending, Never>, URLSessionTask)
        case notBegun, over
    }

    private let state = Mutex(State.notBegun)

    /// Begin a request that ends with `end`, and wait.
    func value(of request: (PendingAnswer) -> URLSessionTask) async throws(HTTPError) -> Answer {
        try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let task = request(self)
                let begins = state.withLock { state in
                    guard case .notBegun = state else { return false }
                    state = .waiting(continuation, task)
                    return true
                }
                if begins { task.resume() } else { continuation.resume(returning: Ending.failure(.cancelled)) }
            }
        } onCancel: {
            let task = finish(.failure(.cancelled))
            Thread.detachNewThread { task?.cancel() }
        }.get()
    }

    /// - Returns: whether somebody waited for it.
    @discardableResult
    func end(_ ending: Ending) -> Bool { finish(ending) != nil }

    /// - Returns: the request that is over now; `nil` when it was before, or never began.
    @discardableResult
    private func finish(_ ending: Ending) -> URLSessionTask? {
        let last = state.withLock { state in
            defer { state = .over }
            return state
        }
        guard case .waiting(let continuation, let task) = last else { return nil }
        continuation.resume(returning: ending)
        return task
    }
}
