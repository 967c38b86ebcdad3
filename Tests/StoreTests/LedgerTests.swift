import Digests
import Events
import Fixtures
import Foundation
import Plans
import Projects
import Promotion
import Runs
import Store
import Testing

@Suite struct LedgerTests {
    let fixture: StoreTests

    init() throws { fixture = try StoreTests() }

    func body(_ run: StoredRun, _ challenger: String, approvals: Int? = nil) -> DecisionBody {
        let decision =
            approvals == nil ? decide(unreadable: .noRows) : decide(restoringFor: "somebody", because: "of nothing")
        return DecisionBody(
            project: "clinic", environment: "prod", run: run.id, commit: "c", configurationDigest: "d",
            datasets: ["births": "sha256:x"], model: "m", challenger: challenger, champion: "1", evidenceSHA256: "e",
            rules: PromotionRules(first: .promote, floor: [], improve: [], noWorse: []), decision: decision,
            approvalsNeeded: approvals)
    }

    @Test func aStepDecidesOnceAndTheChainHolds() async throws {
        let (store, run) = (fixture.store, try await fixture.makeRun())
        let move = AliasMove(model: "m", alias: "champion", from: "1", to: "2")
        let first = try await store.decide(
            body(run, "2"), step: "promote", project: run.project, on: "champion", move: move, asOf: fixture.now,
            at: fixture.now
        ) { sha256($0) }
        let again = try await store.decide(
            body(run, "3"), step: "promote", project: run.project, on: "champion", move: nil, asOf: fixture.now,
            at: fixture.now
        ) { sha256($0) }
        #expect(again.id == first.id && again.body.challenger == "2")
        try await store.confirmMove(of: first.id, at: fixture.now.addingTimeInterval(-1))
        let second = try await store.decide(
            body(run, "3"), step: "other", project: run.project, on: "champion", move: nil, asOf: fixture.now,
            at: fixture.now
        ) { sha256($0) }
        #expect(second.previousHash == first.hash && first.previousHash == "")
        for decision in try await store.decisions() {
            #expect(decision.hash == sha256("\(decision.previousHash)\n\(decision.text)"))
        }
    }

    @Test func aMoveOfAnAliasWaitsForTheOneBeforeIt() async throws {
        let (store, run) = (fixture.store, try await fixture.makeRun())
        let move = AliasMove(model: "m", alias: "champion", from: "1", to: "2")
        func decide(
            _ step: String, _ move: AliasMove?, asOf: Date, on alias: String = "champion", approvals: Int? = nil
        ) async throws -> StoredDecision {
            try await store.decide(
                body(run, "2", approvals: approvals), step: step, project: run.project, on: alias, move: move,
                asOf: asOf,
                at: fixture.now
            ) { sha256($0) }
        }
        // A decision with pending approvals does not block others.
        let waiting = try await decide("waits", move, asOf: fixture.now, approvals: 1)
        #expect(try await store.approvalsMissing(for: waiting) == 1)
        let first = try await decide("first", move, asOf: fixture.now)
        await #expect(throws: MoveUnderWay.self) { try await decide("second", move, asOf: fixture.now) }
        _ = try await decide(
            "other alias", AliasMove(model: "m", alias: "best", from: nil, to: "2"), asOf: fixture.now, on: "best")
        // A decision without a move was made against a version that is being replaced.
        await #expect(throws: MoveUnderWay.self) { try await decide("no move", nil, asOf: fixture.now) }
        try await store.confirmMove(of: first.id, at: fixture.now)
        // An alias read before the move was confirmed is out of date.
        await #expect(throws: MoveUnderWay.self) { try await decide("second", move, asOf: fixture.now) }
        _ = try await decide("second", move, asOf: fixture.now.addingTimeInterval(1))

        #expect(try await store.approvedDecisions().isEmpty)
        #expect(try await store.approve(waiting, by: "b", project: run.project, at: fixture.now))
        #expect(try await !store.approve(waiting, by: "b", project: run.project, at: fixture.now))
        #expect(try await store.approvedDecisions().map(\.id) == [waiting.id])
        try await store.voidMove(of: waiting.id, because: "late", at: fixture.now)
        #expect(try await store.approvedDecisions().isEmpty)
        #expect(try await store.decision(waiting.id)?.voided == "late")
    }

    @Test func aMoveIsIntendedUntilItIsConfirmed() async throws {
        let (store, run) = (fixture.store, try await fixture.makeRun())
        let move = AliasMove(model: "m", alias: "champion", from: "1", to: "2")
        let decision = try await store.decide(
            body(run, "2"), step: "promote", project: run.project, on: "champion", move: move, asOf: fixture.now,
            at: fixture.now
        ) { sha256($0) }
        #expect(decision.appliedAt == nil)
        #expect(try await store.unconfirmedMove(of: decision.id) == move)
        try await store.confirmMove(of: decision.id, at: fixture.now)
        try await store.confirmMove(of: decision.id, at: fixture.now.addingTimeInterval(9))
        #expect(try await store.unconfirmedMove(of: decision.id) == nil)
        #expect(try await store.decisions().first?.appliedAt == fixture.now, "the first confirmation stands")
    }
}
