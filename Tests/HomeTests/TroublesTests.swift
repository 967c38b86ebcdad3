import Foundation
import Home
import Notices
import Testing

@Suite struct TroublesTests {
    let troubles = Troubles()
    let then = Date(timeIntervalSince1970: 1_000)

    @Test func raisingAgainKeepsSinceAndTakesTheText() {
        troubles.raise(.mirror, of: "shop", what: "one", remedy: "do", at: then)
        troubles.raise(.mirror, of: "shop", what: "two", remedy: "do more", at: then.addingTimeInterval(60))
        #expect(
            troubles.current == [
                Trouble(.init(.mirror, project: "shop"), since: then, what: "two", remedy: "do more")
            ])
    }

    @Test func onlyItsOwnPlaceIsCleared() {
        troubles.raise(.gate, of: "shop", part: "main", what: "one", remedy: "do", at: then)
        troubles.raise(.gate, of: "shop", part: "other", what: "two", remedy: "do", at: then)
        troubles.clear(.gate, of: "shop")
        troubles.clear(.mirror, of: "shop", part: "main")
        #expect(troubles.current.count == 2)
        troubles.clear(.gate, of: "shop", part: "main")
        #expect(troubles.current.map(\.place.part) == ["other"])
        troubles.clear(.gate) { $0.part == "other" }
        #expect(troubles.current.isEmpty)
    }

    @Test func aBellRingsForEachChangeAndForNothingElse() async {
        let bell = Bell()
        let troubles = Troubles(bell)
        troubles.clear(.mirror, of: "shop")
        troubles.raise(.mirror, of: "shop", what: "one", remedy: "do")
        var rings = bell.rings.makeAsyncIterator()
        #expect(await rings.next() != nil)
        troubles.raise(.mirror, of: "shop", what: "one", remedy: "do")
        troubles.clear(.mirror, of: "other")
        bell.stop()
        #expect(await rings.next() == nil)
    }

    @Test func whatAnEarlierProcessRaisedKeepsItsSinceAndEndsUnlessItIsSeen() {
        let places = ["seen", "unseen"].map { Trouble.Place(.mirror, project: $0) }
        troubles.raise(.mirror, of: "seen", what: "now", remedy: "do", at: then.addingTimeInterval(60))
        troubles.recall(places.map { Trouble($0, since: then, what: "before", remedy: "do") })
        #expect(troubles.current.map(\.since) == [then, then])
        #expect(Set(troubles.current.map(\.what)) == ["now", "before"])
        troubles.forgetUnseen()
        #expect(troubles.current.map(\.place) == [places[0]])
    }
}
