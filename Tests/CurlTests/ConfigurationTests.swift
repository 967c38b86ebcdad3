import Fixtures
import Foundation
import Notices
import Testing

@testable import Curl

@Suite struct ConfigurationTests {
    @Test func valuesStayValues() {
        #expect(
            configuration([("url", "http://x/"), ("silent", ""), ("user", "a:\"b\"\\\n\r\tc")])
                == "url = \"http://x/\"\nsilent\nuser = \"a:\\\"b\\\"\\\\\\n\\r\\tc\"\n")
    }

    @Test func nobodyThereIsForLater() async throws {
        let folder = try TemporaryFolder()
        try "{}".write(toFile: folder.path + "/body", atomically: true, encoding: .utf8)
        let curl = try #require(Curl(seconds: 5), "curl is missing: scripts/setup installs it")
        // Port 1 of loopback: nobody listens there.
        for delivery in [
            await curl.post(folder.path + "/body", to: "http://127.0.0.1:1/", headers: []),
            await curl.mail(
                folder.path + "/body", from: "a@b.org", to: "c@d.org", server: "smtp://127.0.0.1:1", login: nil,
                isEncrypted: false),
        ] {
            guard case .later(let reason, nil) = delivery else {
                Issue.record("\(delivery)")
                continue
            }
            #expect(reason.contains("(7)"), "curl's own word for no connection: \(reason)")
        }
        // Protocols other than the intended ones are refused.
        let file = await curl.post(folder.path + "/body", to: "file:///etc/passwd", headers: [])
        guard case .later(let reason, nil) = file else {
            Issue.record("\(file)")
            return
        }
        #expect(reason.contains("(1)"), "curl's own word for a protocol that it may not use: \(reason)")
    }
}
