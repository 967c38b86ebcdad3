import Testing

@testable import Notices

@Suite struct DeliveryTests {
    @Test(arguments: [
        (200, Delivery.taken), (204, .taken), (503, .later(reason: "it answered 503: x", wait: 7)),
        (429, .later(reason: "it answered 429: x", wait: 7)), (400, .refused(reason: "it answered 400: x")),
        (404, .refused(reason: "it answered 404: x")),
        (302, .refused(reason: "it answered 302: x; redirects are not followed: correct the address")),
    ])
    func aWebServersAnswer(status: Int, delivery: Delivery) {
        #expect(Delivery.http(status: status, said: "x", retryAfter: "7") == delivery)
    }

    @Test(arguments: [("", nil), ("soon", nil), ("0", 1.0), ("99999", 3_600)])
    func aServerMayAskForTime(header: String, wait: Double?) {
        #expect(
            Delivery.http(status: 503, said: "", retryAfter: header) == .later(reason: "it answered 503", wait: wait))
    }

    @Test func aMailServersAnswer() {
        #expect(Delivery.smtp(status: 451, trouble: "x") == .later(reason: "x", wait: nil))
        #expect(Delivery.smtp(status: 0, trouble: "x") == .later(reason: "x", wait: nil))
        #expect(Delivery.smtp(status: 550, trouble: "x") == .refused(reason: "x"))
    }

    @Test func aRefusedMessageIsTriedFourTimesAndOneThatNobodyTakesForThreeDays() {
        let (refused, later) = (Delivery.refused(reason: "x"), Delivery.later(reason: "x", wait: nil))
        #expect(next(after: .taken, attempts: 1, age: 0, pause: 2) == nil)
        #expect(next(after: refused, attempts: 3, age: 0, pause: 8) == .after(seconds: 8))
        #expect(next(after: refused, attempts: 4, age: 0, pause: 8) == .givenUp)
        #expect(next(after: later, attempts: 400, age: 3 * 86_400, pause: 600) == .after(seconds: 600))
        #expect(next(after: later, attempts: 5, age: 3 * 86_400 + 1, pause: 600) == .givenUp)
        #expect(next(after: .later(reason: "x", wait: 30), attempts: 1, age: 0, pause: 2) == .after(seconds: 30))
    }
}
