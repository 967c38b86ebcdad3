import Synchronization

/// A task that waits for an answer. It gets the answer or the cancellation, whichever comes first.
///
/// A cancelled task does not cancel its request, because FoundationNetworking (6.3.1) does not survive that at the
/// moment of the answer. Its own async methods deadlock: cancelling holds the waiting task and waits for the session's
/// queue, which waits for the task. And `cancel()` from elsewhere may hit a request that is no longer registered, and
/// crash the process. So a request that nobody waits for runs until its answer or its timeout.
final class PendingAnswer<Answer: Sendable>: Sendable {
    typealias Ending = Result<Answer, HTTPError>

    private enum State {
        case waiting(CheckedContinuation<Ending, Never>)
        case notBegun, over
    }

    private let state = Mutex(State.notBegun)

    /// Starts a request that calls `end`, and waits for it.
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

    /// - Returns: whether somebody was waiting for it.
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
