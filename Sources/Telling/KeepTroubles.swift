import Foundation
import Home
import Logging
import Store

/// Stores troubles, so that other processes and the next daemon know of them, and has people told.
package struct TroubleKeeper: Sendable {
    private let troubles: Troubles
    private let store: Store
    private let bells: Bells
    private let logger: Logger

    package init(_ troubles: Troubles, store: Store, bells: Bells, logger: Logger) {
        (self.troubles, self.store, self.bells, self.logger) = (troubles, store, bells, logger)
    }

    /// Serve until stopped. What the last daemon has stored must have been recalled.
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
