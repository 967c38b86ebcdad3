import Foundation
import Notices
import Projects
import Store
import Testing

@Suite struct TroubleTests {
    let notices: NoticeTests
    var store: Store { notices.store }
    var now: Date { notices.now }

    init() throws { notices = try NoticeTests() }

    func trouble(_ what: String = "the server is away") async throws -> Trouble {
        let name = try await notices.fixture.project().name
        return Trouble(.init(.mirror, project: name), since: now, what: what, remedy: "look at it")
    }

    @Test func whatIsKeptIsReadWithTheSinceOfTheFirstTime() async throws {
        let first = try await trouble()
        _ = try await store.keep([first], at: now)
        let later = Trouble(first.place, since: now.addingTimeInterval(9), what: "it refuses", remedy: "look")
        _ = try await store.keep([later], at: now.addingTimeInterval(9))
        #expect(try await store.troubles() == [Trouble(first.place, since: now, what: "it refuses", remedy: "look")])
        _ = try await store.keep([], at: now)
        #expect(try await store.troubles() == [])
    }

    @Test func peopleAreToldOnceThatItLastsAndOnceThatItIsOver() async throws {
        _ = try await notices.makeRun(1, channels: NoticeTests.channels.replacing("\"failure\"", with: "\"trouble\""))
        let trouble = try await trouble()
        let lasting = now.addingTimeInterval(Store.troubleLasts)
        #expect(try await store.keep([trouble], at: now) == lasting)
        #expect(try await notices.told().isEmpty)
        for _ in 0..<2 { #expect(try await store.keep([trouble], at: lasting) == nil) }
        // Two recipients.
        #expect(
            try await notices.told().map(\.notice.about) == [
                .trouble(trouble, isOver: false), .trouble(trouble, isOver: false),
            ])
        for lane in try await store.openLanes().keys {
            while let taken = try await store.takeNotice(from: lane, at: lasting) {
                #expect(taken.channel != nil)
                try await store.markSent(taken.notice, at: lasting)
            }
        }
        for _ in 0..<2 { _ = try await store.keep([], at: lasting) }
        #expect(
            try await notices.told().suffix(2).map(\.notice.about) == [
                .trouble(trouble, isOver: true), .trouble(trouble, isOver: true),
            ])
        #expect(try await notices.told().count == 4)
    }

    @Test func whatPassesByItselfIsNoMessage() async throws {
        _ = try await notices.makeRun(1, channels: NoticeTests.channels.replacing("\"failure\"", with: "\"trouble\""))
        _ = try await store.keep([try await trouble()], at: now)
        _ = try await store.keep([], at: now.addingTimeInterval(5))
        #expect(try await notices.told().isEmpty)
    }
}
