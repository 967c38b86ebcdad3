import Home
import Logging
import Plans
import Runs
import Store

/// Makes alias moves that waited for approvals, once they have enough of them.
package final class ApprovedMoves: Sendable {
    private let store: Store
    private let home: Home
    private let registries: Registries
    private let logger: Logger
    private let bells: Bells

    package init(store: Store, home: Home, registries: Registries, logger: Logger, bells: Bells) {
        self.bells = bells
        self.store = store
        self.home = home
        self.registries = registries
        self.logger = logger
    }

    /// Runs until the bell stops. Moves that an earlier daemon left come first. An unreachable registry is retried.
    package func run() async {
        var alarm = Alarm(bells.approvals)
        bells.approvals.ring()
        for await _ in bells.approvals.rings {
            do {
                for decision in try await store.approvedDecisions() {
                    do {
                        try await apply(decision)
                    } catch {
                        // Its server may be down; decisions on other servers go on.
                        logger.warning("decision \(decision.id), which is approved, is carried out later: \(error)")
                        alarm.set(in: 15)
                    }
                }
            } catch {
                logger.warning("approved decisions could not be read, and are in 15 s: \(error)")
                alarm.set(in: 15)
            }
        }
        alarm.cancel()
    }

    private func apply(_ decision: StoredDecision) async throws {
        let settings = try await store.run(decision.body.run).plan.settings.registry
        let promoter = ModelPromoter(
            registry: try await registries.registry(settings), leases: registries.leases, store: store, home: home)
        let result = try await promoter.apply(decision, settings)
        bells.notices.ring()
        switch result.outcome {
        case .passed:
            logger.info("decision \(decision.id) was approved: \(decision.body.model) \(decision.body.challenger)")
        default: logger.warning("decision \(decision.id) was approved, and its move is not made: \(result.outcome)")
        }
    }
}
