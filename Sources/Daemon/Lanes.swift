import Foundation
import Synchronization

/// Serves many at the same time, and each of them one thing after the other: who is dead or slow holds up what goes the same
/// way, and nothing else.
final class Lanes<Key: Hashable & Sendable>: Sendable {
    private let bell = Bell()
    private let atWork = Mutex<Set<Key>>([])

    /// Something may be due.
    func ring() { bell.ring() }

    func stop() { bell.stop() }

    /// Serve until stopped. What an earlier daemon left comes first.
    ///
    /// - Parameters:
    ///   - next: when each lane on which there is something to do is to be served. Asked after every ring and every service,
    ///     and when the earliest of these moments has come; after it throws, in five seconds.
    ///   - serve: does what is due on a lane.
    func run(
        next: () async throws -> [Key: Date], troubled: (any Error) -> Void,
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
                    troubled(error)
                    alarm.set(in: 5)
                }
            }
            group.cancelAll()
        }
        alarm.cancel()
    }
}
