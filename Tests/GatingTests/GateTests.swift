@testable import Gating
import Changes
import Events
import Fixtures
import Following
import Foundation
import Git
import Home
import Projects
import Runs
import Store
import Synchronization
import Testing

@Suite struct GateTests {
    @Test func aChangeIsMergedCheckedQueuedAndLanded() async throws {
        let room = try await GateRoom()
        let base = try room.tip()
        try await room.propose("topic", ["a": "2\n"])
        #expect(try await room.change().state == .proposed)
        #expect(try await room.change().author == "A tester <tester@example.org>")

        try await room.settle()
        guard case .checking(let build) = try await room.change().state else {
            Issue.record("\(try await room.change().state)")
            return
        }
        let asked = try await room.store.unhandledEvents().compactMap { $0.event.as(CheckRequest.self) }
        #expect(asked == [CheckRequest(change: 1, target: "main", base: build.base, merge: build.merge)])
        #expect(build.base.description == base)
        #expect(try room.tip() == base)
        #expect(await room.gate.awaitedEvents == [build.event])

        try await room.endChecks()
        try await room.settle()
        #expect(try await room.change().state == .merged(build.merge))
        #expect(try room.tip() == build.merge.description)
        #expect(try room.fixture.bareGit("show", "main:a") == "2")
        let kinds = try await room.store.facts(ofChange: 1).map(\.fact.kind)
        #expect(kinds == ["proposed", "checking", "ready", "queued", "merging", "merged"])
    }

    @Test func checksThatFailRejectAChange() async throws {
        let room = try await GateRoom()
        let base = try room.tip()
        try await room.propose("topic", ["a": "2\n"])
        try await room.settle()
        try await room.endChecks(.failed)
        try await room.settle()
        #expect(
            try await room.change().state == .rejected(reason: "check 'check' failed in run 1: test: exit code 1"))
        #expect(try room.tip() == base)
    }

    @Test func aConflictIsToldWithItsFiles() async throws {
        let room = try await GateRoom()
        try await room.push("topic", ["a": "2\n"])
        try room.fixture.push("other", ["a": "3\n"])
        _ = await room.gate.open(try await room.store.unhandledEvents().values)
        try await room.settle()
        #expect(try await room.change().state == .conflicted(files: ["a"]))

        // A newer head starts over.
        try await room.propose("topic", ["a": "4\n"])
        try await room.settle()
        #expect(try await room.change().state.word == "checking")
    }

    @Test func aTargetThatSomebodyElseMovedIsMergedWithAnew() async throws {
        let room = try await GateRoom()
        try await room.propose("topic", ["a": "2\n"])
        try await room.settle()
        try await room.endChecks()
        let other = try room.fixture.push("other", ["b": "2\n"])
        try await room.settle()
        // The tested merge is not the one that would land.
        #expect(try room.tip() == other)
        #expect(try await room.change().state.build?.base.description == other)
        #expect(try await room.endChecks() == 1)
        try await room.settle()
        #expect(try await room.change().state.word == "merged")
        #expect(try room.fixture.bareGit("show", "main:a") == "2")
        #expect(try room.fixture.bareGit("show", "main:b") == "2")
    }

    @Test func changesBehindOthersAreTestedOnTopOfThem() async throws {
        let room = try await GateRoom()
        try await room.propose("first", ["a": "2\n"])
        try await room.propose("second", ["b": "2\n"])
        try await room.settle()
        #expect(try await room.endChecks() == 2)
        try await room.settle()
        // The first has landed; the second is tested with it.
        #expect(try await room.change(1).state.word == "merged")
        #expect(try await room.change(2).state.build?.base.description == room.tip())
        #expect(try await room.endChecks() == 1)
        try await room.settle()
        #expect(try await room.change(2).state.word == "merged")
    }

    @Test func aWithdrawnProposalClosesItsChange() async throws {
        let room = try await GateRoom()
        try await room.propose("topic", ["a": "2\n"])
        try await room.settle()
        try room.fixture.git("push", "--quiet", "origin", ":refs/changes/topic/for/main")
        _ = await room.gate.open(try await room.look())
        try await room.settle()
        #expect(try await room.change().state == .withdrawn)
        #expect(await room.gate.awaitedEvents == [])
    }

    @Test func anotherGateGoesOnWhereOneWasKilled() async throws {
        let room = try await GateRoom()
        try await room.propose("topic", ["a": "2\n"])
        try await room.settle()
        try await room.endChecks()
        // The intent was written and the target moved, but the confirmation was not stored.
        let change = try await room.change()
        let build = try #require(change.state.build)
        let facts: [ChangeFact] = [.ready, .queued, .merging(build.merge)]
        _ = try await room.store.write(
            GateWrite(notes: facts.map { .init(change: 1, fact: $0) }), project: room.project.id, target: "main",
            at: Date())
        #expect(
            try Repository(at: room.fixture.bare)
                .compareAndSwap("refs/heads/main", from: build.base, to: build.merge, reason: "landed"))
        try await room.settle(room.anotherGate())
        #expect(try await room.change().state == .merged(build.merge))
    }

    @Test func approvalsCountOfOthersAlone() async throws {
        let room = try await GateRoom(gate: "{ approvals: 1 }")
        try await room.propose("topic", ["a": "2\n"])
        try await room.settle()
        try await room.endChecks()
        try await room.settle()
        #expect(try await room.change().state.word == "ready")

        let own = try await room.wish(.approved(by: "A tester"), of: 1)
        #expect(own == "A tester is the author of change 1: somebody else has to approve it")
        let unknown = try await room.wish(.approved(by: "Ada"), of: 9)
        #expect(unknown?.hasPrefix("there is no change 9") == true)
        #expect(try await room.change().approvals == 0)

        #expect(try await room.wish(.approved(by: "Ada"), of: 1) == nil)
        try await room.settle()
        #expect(try await room.change().state.word == "merged")
        #expect(try await room.wish(.withdrawn, of: 1) == "change 1 is merged")
    }

    @Test func aClosedGateRefusesWishes() async throws {
        let room = try await GateRoom()
        try await room.propose("topic", ["a": "2\n"])
        try await room.settle()
        let gate = room.gate
        // Consume the earlier ring.
        for await _ in room.bells.turn.rings { break }
        let early = Answer()
        async let waiting: Void = early.keep { try await gate.wish(.approved(by: "Ada"), of: 1) }
        // It rings when the request waits.
        for await _ in room.bells.turn.rings { break }
        await gate.close()
        await waiting
        #expect(throws: CancellationError.self) { try early.result.withLock { $0 }?.get() }
        await #expect(throws: CancellationError.self) { try await gate.wish(.approved(by: "Ada"), of: 1) }
        #expect(try await room.change().approvedBy == [])
    }
}

/// The test itself runs the server work of these gates, so that a server can take any time.
@Suite struct LandingFarAwayTests {
    @Test func whatIsBeingLandedHoldsUpProposalsOfItsProjectAlone() async throws {
        let room = try await GateRoom(isRemote: true)
        let other = try await room.store.adopt(
            name: "other", repository: room.fixture.bare, url: nil, refs: [:], at: Date())
        await room.gate.add(other)
        try await room.propose("topic", ["a": "2\n"])
        try await room.settle()
        try await room.endChecks()
        try await room.settle()
        #expect(try await room.change().state.word == "merging")

        let newer = try await room.push("topic", ["a": "3\n"])
        #expect(newer.contains { $0.event.as(Proposal.self) != nil })
        let elsewhere = try await room.store.store(
            .proposal(Proposal(key: "x", target: "main", head: ObjectID(try room.tip()))), project: other.id, at: Date()
        )
        #expect(await room.gate.open(newer + [elsewhere]).map(\.id) == [elsewhere.id])
        let target = GateTarget(project: room.project.id, branch: "main")
        #expect(try await room.gate.noteMerged(1, into: target, as: try #require(ObjectID(room.tip()))))

        // The server answers.
        let gate = room.gate
        async let errands: Void = gate.run()
        for await _ in room.bells.turn.rings {
            if try await room.change().state.word == "merged" { break }
        }
        #expect(try room.fixture.bareGit("show", "main:a") == "2")
        let held = newer.filter { $0.event.as(Proposal.self) != nil }
        #expect(await gate.open(newer).map(\.id) == held.map(\.id))
        await gate.close()
        await errands
    }

    @Test func aServersTargetMovesToWhatWasTested() async throws {
        let room = try await GateRoom(isRemote: true)
        let request = try await room.landing()
        guard case .at(request.to) = try await LandOnServer(servers: room.servers, token: nil).land(request) else {
            Issue.record("it has not landed")
            return
        }
        #expect(try room.tip() == request.to.description)
        #expect(try Repository(at: room.project.repository).tip(of: "refs/heads/main") == request.to)
    }

    @Test func aServersTargetThatSomebodyMovedIsLeftAlone() async throws {
        let room = try await GateRoom(isRemote: true)
        let request = try await room.landing()
        let other = try room.fixture.push("other", ["b": "2\n"])
        guard case .targetMoved = try await LandOnServer(servers: room.servers, token: nil).land(request) else {
            Issue.record("somebody else has moved it")
            return
        }
        #expect(try room.tip() == other)
    }

    @Test func aTargetHereMovesByCompareAndSwap() async throws {
        let room = try await GateRoom()
        let request = try await room.landing()
        let other = try room.fixture.push("other", ["b": "2\n"])
        guard case .targetMoved = try await LandHere().land(request) else {
            Issue.record("somebody else has moved it")
            return
        }
        #expect(try room.tip() == other)
        try room.fixture.bareGit("update-ref", "refs/heads/main", request.from.description)
        guard case .at(request.to) = try await LandHere().land(request) else {
            Issue.record("it has not landed")
            return
        }
        #expect(try room.tip() == request.to.description)
    }
}

/// The result of a request; nil while it waits.
private final class Answer: Sendable {
    let result = Mutex<Result<Void, any Error>?>(nil)

    func keep(_ work: () async throws -> Void) async {
        do {
            try await work()
            result.withLock { $0 = .success(()) }
        } catch {
            result.withLock { $0 = .failure(error) }
        }
    }
}

extension GateRoom {
    /// Why the gate refuses a request when it next advances; nil if it grants it.
    fileprivate func wish(_ fact: ChangeFact, of number: Int64) async throws -> String? {
        let answer = Answer()
        async let wished: Void = {
            await answer.keep { try await gate.wish(fact, of: number) }
            bells.turn.ring()
        }()
        for await _ in bells.turn.rings {
            if answer.result.withLock({ $0 }) != nil { break }
            _ = try await gate.advance()
        }
        await wished
        if case .failure(let error) = answer.result.withLock({ $0 }) { return "\(error)" }
        return nil
    }
}
