import Events
import Testing

@Suite struct MovesTests {
    let a = ObjectID(String(repeating: "a", count: 40))!
    let b = ObjectID(String(repeating: "b", count: 40))!

    @Test func aNewAMovedAndADeletedRefAreEachOneMove() {
        let seen = ["refs/heads/kept": a, "refs/heads/moved": a, "refs/heads/gone": a]
        let now = ["refs/heads/kept": a, "refs/heads/moved": b, "refs/heads/new": b]
        #expect(
            moves(from: seen, to: now) == [
                RefMove(ref: "refs/heads/gone", from: a, to: nil), RefMove(ref: "refs/heads/moved", from: a, to: b),
                RefMove(ref: "refs/heads/new", from: nil, to: b),
            ])
    }

    @Test func lookingAgainFindsNothing() {
        let now = ["refs/heads/main": a, "refs/tags/v1": b]
        #expect(moves(from: now, to: now).isEmpty)
    }

    @Test func aRefThatWasNotReadIsNeitherNewNorDeleted() {
        let seen = ["refs/heads/main": a, "refs/heads/other": a]
        #expect(
            moves(from: seen, to: ["refs/heads/main": b], among: ["refs/heads/main"])
                == [RefMove(ref: "refs/heads/main", from: a, to: b)])
    }

    @Test(arguments: [
        "refs/notes/x", "refs/remotes/origin/main", "refs/espalier/changes/1/merge", "HEAD", "refs/changes/x",
    ])
    func otherRefsAreNotWatched(ref: String) {
        #expect(moves(from: [:], to: [ref: a]).isEmpty)
    }

    @Test func aProposalCarriesItsKeyAndTarget() {
        let proposal = ProposalRef(key: "topic", target: "release/1.0")
        #expect(proposal.name == "refs/changes/topic/for/release/1.0")
        #expect(ProposalRef(proposal.name) == proposal)
        let move = RefMove(ref: proposal.name, from: nil, to: a)
        #expect(Event(move) == .proposal(Proposal(key: "topic", target: "release/1.0", head: a)))
    }

    @Test(arguments: ["", "abc", String(repeating: "0", count: 40), String(repeating: "A", count: 40)])
    func whatIsNoObjectNameIsRefused(text: String) {
        #expect(ObjectID(text) == nil)
    }
}
