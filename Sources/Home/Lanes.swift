import Foundation
import Synchronization

/// Runs lanes concurrently; the work within a lane is serial. A lane that is slow or fails holds up itself only.
package final class Lanes<Key: Hashable & Sendable>: Sendable {
    private let bell: Bell
    private let atWork = Mutex<Set<Key>>([])

    /// - Parameter bell: rings when something may be due.
    package init(_ bell: Bell) { self.bell = bell }

    /// Runs until the bell stops. Work that an earlier daemon left comes first.
    ///
    /// - Parameters:
    ///   - next: when to serve each lane that has work. Called after every ring, after every service, and at the
    ///     earliest of the returned times. If it throws, it is called again after five seconds.
    ///   - failed: gets the errors of `next`.
    ///   - serve: does the due work of a lane.
    package func run(
        next: () async throws -> [Key: Date], failed: (any Error) -> Void,
        serve: @escaping @Sendable (Key) async -> Void
    ) async {
        var alarm = Alarm(bell)
        await withDiscardingTaskGroup { group in
            bell.ring()
            for await _ in bell.rings {
                do {
                    for (lane, moment) in try await next() {
                        let wait = moment.timeIntervalSinceNow
                        if wait > 0 {
                            alarm.set(in: wait)
                        } else if atWork.withLock({ $0.insert(lane).inserted }) {
                            group.addTask {
                                await serve(lane)
                                self.atWork.withLock { _ = $0.remove(lane) }
                                self.bell.ring()
                            }
                        }
                    }
                } catch {
                    failed(error)
                    alarm.set(in: 5)
                }
            }
            group.cancelAll()
        }
        alarm.cancel()
    }
}
