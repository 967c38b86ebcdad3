import Testing
import Web

@Suite struct ServingTests {
    private struct Stopped: Error {}

    /// CASES: G11
    @Test func aTakenPortIsSaidBeforeAnythingIsBegun() async throws {
        try await WebServer(FixedAnswers()).serve { address in
            let port = try #require(address.dropLast().split(separator: ":").last.flatMap { UInt16($0) })
            let error = await #expect(throws: WebError.self) {
                try await WebServer(FixedAnswers(), port: port).serve { _ in Issue.record("begun all the same") }
            }
            let sentence = try #require(error).description
            #expect(sentence.hasPrefix("cannot listen on 127.0.0.1:\(port): another program uses this port"))
        }
    }

    @Test(arguments: [
        ("203.0.113.1", "this machine has no such address"), ("nowhere.invalid", "no address is known for this name"),
    ])
    func aForeignAddressIsSaid(_ host: String, _ reason: String) async throws {
        let error = await #expect(throws: WebError.self) {
            try await WebServer(FixedAnswers(), host: host).serve { _ in }
        }
        #expect(try #require(error).description.hasPrefix("cannot listen on \(host):0: \(reason)"))
    }

    @Test func whatTheBodyThrowsEndsTheServer() async {
        await #expect(throws: Stopped.self) {
            try await WebServer(FixedAnswers()).serve { _ in throw Stopped() }
        }
    }
}
