import Testing

@testable import Web

@Suite struct AllowedHostsTests {
    /// CASES: S14.
    @Test(arguments: [
        "evil.example", "evil.example:8420", "127.0.0.1.evil.example", "localhost.evil.example", "evilci.example.org",
        "x.ci.example.org", "localhost@evil.example", "", ":8420", "10.0.0.1", "[::2]:80", "ci.example.org:x", "a b",
        "127.0.0.1:80:80",
    ])
    func anotherNameIsNotAnswered(host: String) {
        #expect(!AllowedHosts(host: "127.0.0.1", published: "https://ci.example.org/").allows(host))
    }

    @Test(arguments: [
        "127.0.0.1:8420", "127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:8420", "[::1]", "ci.example.org",
        "CI.example.org:443",
    ])
    func ourOwnNamesAre(host: String) {
        #expect(AllowedHosts(host: "127.0.0.1", published: "https://ci.example.org:8443/espalier/").allows(host))
    }

    @Test func beyondLoopbackAddressesAreAnsweredAndNamesAreNot() {
        let hosts = AllowedHosts(host: "0.0.0.0", published: nil)
        #expect(hosts.allows("10.1.2.3:8420") && hosts.allows("[2001:db8::1]:8420") && !hosts.allows("evil.example"))
        #expect(AllowedHosts(host: "ci.internal", published: nil).allows("ci.internal:8420"))
    }
}

@Suite struct ConnectionCountsTests {
    @Test func anAddressHasSoManyAndGetsThemBack() {
        let counts = ConnectionCounts()
        #expect(counts.take("a", most: 2) && counts.take("a", most: 2) && !counts.take("a", most: 2))
        #expect(counts.take("b", most: 2))
        counts.giveBack("a")
        #expect(counts.take("a", most: 2) && !counts.take("a", most: 2))
    }
}
