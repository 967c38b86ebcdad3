import Foundation
import Home
import Logging
import Store

/// Stores troubles, so that other processes and the next daemon know of them, and queues notices to people.
package struct TroubleKeeper: Sendable {
    private let troubles: Troubles
    private let store: Store
    private let bells: Bells
    private let logger: Logger

    package init(_ troubles: Troubles, store: Store, bells: Bells, logger: Logger) {
        (self.troubles, self.store, self.bells, self.logger) = (troubles, store, bells, logger)
    }

    /// Runs until stopped. Call it after the last daemon's troubles were recalled.
    package func run() async {
        var alarm = Alarm(bells.troubles)
        bells.troubles.ring()
        for await _ in bells.troubles.rings {
            do {
                let next = try await store.keep(troubles.current, at: Date())
                if let next { alarm.set(in: next.timeIntervalSinceNow) }
                bells.notices.ring()
            } catch {
                logger.error("troubles could not be stored, and are in 5 s: \(error)")
                alarm.set(in: 5)
            }
        }
        alarm.cancel()
    }
}
