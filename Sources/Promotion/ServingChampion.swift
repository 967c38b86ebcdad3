/// A version that the ledger's moves made champion, and by which decision.
public struct LedgerChampion: Sendable, Hashable {
    public let version: String
    public let decision: Int64

    public init(version: String, decision: Int64) {
        self.version = version
        self.decision = decision
    }
}

/// Which version serves: what the ledger decided, if the registry shows the same.
public enum ServingChampion: Sendable, Equatable {
    /// Nobody has made a champion: the next model is the first.
    case none
    case champion(version: String)
    /// The registry has one that the ledger knows nothing of. It may be from before Espalier.
    case found(version: String)
    /// A decision is moving the alias right now: ask again.
    case moving(LedgerChampion)
    /// The registry shows something else than the ledger decided.
    case refused(ledger: LedgerChampion, registry: String?)
}

/// Decides which version serves.
///
/// - Parameters:
///   - ledger: the last confirmed move of the alias. Absent: the ledger never moved it.
///   - moving: a move that is decided, approved and not confirmed yet.
///   - alias: the version that the registry's alias points to. Absent: there is no such alias, version or model.
public func servingChampion(ledger: LedgerChampion?, moving: LedgerChampion?, alias: String?) -> ServingChampion {
    if let alias, alias == ledger?.version { return .champion(version: alias) }
    if let alias, let moving, alias == moving.version { return .moving(moving) }
    if let ledger { return .refused(ledger: ledger, registry: alias) }
    return alias.map { .found(version: $0) } ?? .none
}

/// Why no version of a model serves, with what to do about it.
public struct ChampionProblem: Error, Sendable, Equatable, CustomStringConvertible {
    let model: String
    let alias: String
    let ledger: LedgerChampion?
    let registry: String?

    public var description: String {
        let accept = "`espalier decisions accept \(model)"
        guard let ledger else {
            return "no decision made \(model) \(registry ?? "") its '\(alias)': the registry alone says so; "
                + "\(accept) --reason WHY` accepts it"
        }
        let found =
            registry.map { "the registry has it at \($0), where somebody else has moved it" }
            ?? "it is gone from the registry: the alias, the version or the model was deleted or renamed"
        let other =
            registry.map { "\(accept) --reason WHY` accepts \($0)" }
            ?? "\(accept) --version VERSION --reason WHY` makes another version champion"
        return "decision \(ledger.decision) made \(model) \(ledger.version) its '\(alias)' (champion), and \(found); "
            + "`espalier rollback \(model) --to \(ledger.version) --reason WHY` puts it back, and \(other)"
    }
}

extension ServingChampion {
    /// The version that a challenger is compared with; nil for a first model.
    public func incumbent(_ alias: String, of model: String) throws(ChampionProblem) -> String? {
        switch self {
        case .none: nil
        case .champion(let version), .found(let version): version
        case .moving(let champion): champion.version
        case .refused(let ledger, let registry):
            throw ChampionProblem(model: model, alias: alias, ledger: ledger, registry: registry)
        }
    }

    /// The version that a fire uses; nil where there is no champion yet.
    ///
    /// - Parameter before: the version that earlier fires used. One that served before the ledger knew of it goes on.
    public func served(_ alias: String, of model: String, before: String?) throws(ChampionProblem) -> String? {
        if case .found(let version) = self, version != before {
            throw ChampionProblem(model: model, alias: alias, ledger: nil, registry: version)
        }
        return try incumbent(alias, of: model)
    }
}
