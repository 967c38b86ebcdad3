import Synchronization

/// Locks the folders of an attempt for one caller at a time. Other attempts are not held up.
final class AttemptLocks: Sendable {
    /// Locked attempts, each with the callers that wait for it.
    private let waiting = Mutex<[Attempt: [CheckedContinuation<Void, Never>]]>([:])

    func withLock<Result>(_ attempt: Attempt, _ work: () throws -> Result) async rethrows -> Result {
        await lock(attempt)
        defer { unlock(attempt) }
        return try work()
    }

    private func lock(_ attempt: Attempt) async {
        await withCheckedContinuation { continuation in
            let isMine = waiting.withLock { waiting in
                waiting[attempt]?.append(continuation)
                guard waiting[attempt] == nil else { return false }
                waiting[attempt] = []
                return true
            }
            if isMine { continuation.resume() }
        }
    }

    private func unlock(_ attempt: Attempt) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard var others = waiting[attempt], !others.isEmpty else {
                waiting[attempt] = nil
                return nil
            }
            let next = others.removeFirst()
            waiting[attempt] = others
            return next
        }
        next?.resume()
    }
}
