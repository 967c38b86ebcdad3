import Synchronization

/// Somebody who waits for an answer, and hears of it or of the cancellation, whichever comes first.
///
/// A request is not cancelled with the task that waits: FoundationNetworking (6.3.1) does not survive that in the moment of the
/// answer. Its own async methods lock up, for to cancel holds the waiting task and waits for the session's queue, which waits
/// for the task; and `cancel()` from elsewhere may find a request that is no longer registered, and end the process. So a
/// request that nobody waits for goes on to its answer, or its timeout.
final class PendingAnswer<Answer: Sendable>: Sendable {
    typealias Ending = Result<Answer, HTTPError>

    private enum State {
        case waiting(CheckedContinuation<Ending, Never>)
        case notBegun, over
    }

    private let state = Mutex(State.notBegun)

    /// Begin a request that ends with `end`, and wait.
    func value(of begin: (PendingAnswer) -> Void) async throws(HTTPError) -> Answer {
        try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let begins = state.withLock { state in
                    guard case .notBegun = state else { return false }
                    state = .waiting(continuation)
                    return true
                }
                if begins { begin(self) } else { continuation.resume(returning: Ending.failure(.cancelled)) }
            }
        } onCancel: {
            end(.failure(.cancelled))
        }.get()
    }

    /// - Returns: whether somebody waited for it.
    @discardableResult
    func end(_ ending: Ending) -> Bool {
        let last = state.withLock { state in
            defer { state = .over }
            return state
        }
        guard case .waiting(let continuation) = last else { return false }
        continuation.resume(returning: ending)
        return true
    }
}
