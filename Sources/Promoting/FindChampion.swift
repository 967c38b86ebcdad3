import Home
import Plans
import Projects
import Promotion
import Registry
import Runs
import Store

/// Finds out which version serves: asks the ledger, and the registry whether it shows the same.
package struct ChampionFinder: Sendable {
    private let registry: MLflow
    private let store: any StoreReading

    package init(registry: MLflow, store: any StoreReading) {
        self.registry = registry
        self.store = store
    }

    /// The version that fires use; nil where there is no champion yet.
    ///
    /// - Throws: `DaemonError.refused` where the registry shows something else than the ledger decided, `MoveUnderWay`
    ///   while a decision moves the alias.
    package func served(in place: ChampionPlace) async throws -> String? {
        let champion = try await champion(in: place)
        var before: String?
        if case .found = champion { before = try await store.lastFired(place.model, project: place.project) }
        do throws(ChampionProblem) {
            return try champion.served(place.alias, of: place.model, before: before)
        } catch {
            throw DaemonError.refused(error.description)
        }
    }

    /// The version that a challenger is compared with; nil where there is no champion yet.
    ///
    /// - Throws: as `served`.
    package func incumbent(in place: ChampionPlace) async throws -> String? {
        let champion = try await champion(in: place)
        do throws(ChampionProblem) {
            return try champion.incumbent(place.alias, of: place.model)
        } catch {
            throw DaemonError.refused(error.description)
        }
    }

    /// What the ledger and the registry say together.
    func champion(in place: ChampionPlace) async throws -> ServingChampion {
        var found = try await look(place)
        // A move may have been confirmed between the two looks.
        if case .refused = found { found = try await look(place) }
        if case .moving(let move) = found {
            throw MoveUnderWay(decision: move.decision, alias: place.alias, model: place.model)
        }
        return found
    }

    private func look(_ place: ChampionPlace) async throws -> ServingChampion {
        let alias = try await registry.version(ofAlias: place.alias, model: place.model)
        let ledger = try await store.ledgerState(of: place)
        return servingChampion(ledger: ledger.champion, moving: ledger.moving, alias: alias)
    }
}

extension ModelPromoter {
    /// The version that a challenger of this run is compared with.
    package func incumbent(_ settings: RegistrySettings, of run: StoredRun) async throws -> String? {
        guard let place = ChampionPlace(settings, project: run.project, environment: run.plan.environment) else {
            return nil
        }
        return try await ChampionFinder(registry: registry, store: store).incumbent(in: place)
    }
}
