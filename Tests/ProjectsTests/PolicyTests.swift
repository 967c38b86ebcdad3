import ProjectFiles
import Projects
import Testing

@Suite struct PolicyTests {
    private func policy(_ text: String) throws -> Policy {
        try Policy(parseYAML(Array(text.utf8), file: "policy.yml"))
    }

    @Test func aPolicyNamesPathsAndDevices() throws {
        let policy = try policy("readable: [/srv/tools, /srv/births.csv.gz]\ndevices: [/dev/nvidia0]\n")
        #expect(policy == Policy(readable: ["/srv/tools", "/srv/births.csv.gz"], devices: ["/dev/nvidia0"]))
        #expect(try self.policy("") == .strict)
    }

    @Test(arguments: [
        "readable: [tools]", "readable: [/srv/../root]", "readable: [/]", "devices: [nvidia0]", "readible: [/srv]",
        "readable: { a: /srv }",
    ])
    func aPolicyThatIsWrongIsRefusedWithItsLine(text: String) {
        #expect { try policy(text) } throws: { "\($0)".contains("policy.yml:1") }
    }
}

@Suite struct RegistryNameTests {
    private func read(_ registries: [String: String]) throws -> Project {
        try ProjectsTests.read(
            registries.reduce(into: [:]) {
                $0["environments/\($1.key).yml"] = "branches: [\"\($1.key)/**\"]\nregistry: \($1.value)\n"
            })
    }

    /// CASES: P7.
    @Test(arguments: ["v1", "V12", "latest", "Latest", "prod/x", "a b", "", "\\u202ea"])
    func anAliasThatMLflowRefusesIsRefused(alias: String) {
        #expect { try read(["dev": "{ model: m, aliases: { candidate: \"\(alias)\" } }"]) } throws: {
            "\($0)".contains("environments/dev.yml:2") && "\($0)".contains("cannot be an alias")
        }
    }

    @Test(arguments: ["a/b", "100%", "a:b", "", " ", "risk/", "..", "a\\nb"])
    func aModelThatMLflowRefusesIsRefused(model: String) {
        #expect(throws: Problems.self) { try read(["dev": "{ model: [m, \"\(model)\"] }"]) }
    }

    @Test func namesThatMLflowTakesAreTaken() throws {
        _ = try read(["dev": "{ model: \"Risk 2 (new), v1.0+b\", aliases: { candidate: vNext, incumbent: best_1 } }"])
    }

    /// CASES: P3.
    @Test(arguments: [
        "{ model: m, aliases: { candidate: champion } }", "{ model: [other, m], aliases: { candidate: champion } }",
        "{ model: m, aliases: { candidate: x, incumbent: champion } }",
    ])
    func anAliasIsTheChampionOfOneEnvironmentOnly(dev: String) {
        let prod = "{ model: m, aliases: { candidate: challenger, incumbent: champion } }"
        #expect { try read(["dev": dev, "prod": prod]) } throws: { "\($0)".contains("'champion'") }
    }

    @Test func aServerIsTheSameHoweverItIsWritten() {
        let prod = "{ server: 'http://LOCALHOST:5000/', model: m, aliases: { incumbent: champion } }"
        let dev = "{ server: 'http://127.0.0.1:5000', model: m, aliases: { candidate: champion } }"
        #expect(throws: Problems.self) { try read(["dev": dev, "prod": prod]) }
    }

    @Test func otherModelsAndServersMayHaveTheSameAliases() throws {
        let prod = "{ model: m, aliases: { candidate: challenger, incumbent: champion } }"
        _ = try read(["dev": "{ model: n, aliases: { candidate: champion } }", "prod": prod])
        _ = try read(["dev": "{ server: 'http://x', model: m, aliases: { candidate: champion } }", "prod": prod])
    }
}
