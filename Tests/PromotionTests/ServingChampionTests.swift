import Promotion
import Testing

/// CASES: P1
@Suite struct ServingChampionTests {
    private let first = LedgerChampion(version: "1", decision: 4)

    @Test func theLedgersChampionServesWhereTheRegistryShowsIt() throws {
        let champion = servingChampion(ledger: first, moving: nil, alias: "1")
        #expect(champion == .champion(version: "1"))
        #expect(try champion.served("champion", of: "risk", before: nil) == "1")
        #expect(try champion.incumbent("champion", of: "risk") == "1")
    }

    @Test func noChampionYetIsSaidByTheLedger() throws {
        let none = servingChampion(ledger: nil, moving: nil, alias: nil)
        #expect(none == .none)
        #expect(try none.served("champion", of: "risk", before: "3") == nil)
    }

    @Test(arguments: [nil, "2"]) func whatTheRegistryShowsOtherwiseIsRefused(alias: String?) {
        let champion = servingChampion(ledger: first, moving: nil, alias: alias)
        #expect(champion == .refused(ledger: first, registry: alias))
        for ask in [
            { try champion.incumbent("champion", of: "risk") },
            { try champion.served("champion", of: "risk", before: "2") },
        ] {
            let problem = #expect(throws: ChampionProblem.self) { try ask() }
            let text = problem?.description ?? ""
            #expect(text.contains("decision 4 made risk 1 its 'champion'"))
            #expect(text.contains("espalier rollback risk --to 1") && text.contains("espalier decisions accept risk"))
        }
    }

    @Test func aMoveUnderWayIsWaitedFor() {
        let second = LedgerChampion(version: "2", decision: 5)
        #expect(servingChampion(ledger: first, moving: second, alias: "2") == .moving(second))
        #expect(servingChampion(ledger: nil, moving: second, alias: "2") == .moving(second))
        #expect(servingChampion(ledger: first, moving: second, alias: "1") == .champion(version: "1"))
        #expect(servingChampion(ledger: first, moving: second, alias: "3") == .refused(ledger: first, registry: "3"))
    }

    @Test func aChampionFromBeforeEspalierIsAcceptedOnce() throws {
        let found = servingChampion(ledger: nil, moving: nil, alias: "7")
        #expect(found == .found(version: "7"))
        #expect(try found.incumbent("champion", of: "risk") == "7", "a challenger is compared with it")
        #expect(try found.served("champion", of: "risk", before: "7") == "7", "it has served before")
        for before in [nil, "6"] {
            #expect(throws: ChampionProblem.self) { try found.served("champion", of: "risk", before: before) }
        }
    }
}
