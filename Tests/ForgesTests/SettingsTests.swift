import Testing

@testable import Forges

@Test func eachForgeHasItsAddress() throws {
    #expect(try ForgeSettings(kind: .github, repository: "a/b").api == "https://api.github.com")
    #expect(try ForgeSettings(kind: .gitlab, repository: "a/b/c").api == "https://gitlab.com/api/v4")
    #expect(try ForgeSettings(kind: .azureDevOps, repository: "a/b/c").api == "https://dev.azure.com")
    let enterprise = try ForgeSettings(kind: .github, api: "https://ghe.example/api/v3/", repository: "a/b")
    #expect(forge(for: enterprise).change(1).url == "https://ghe.example/api/v3/repos/a/b/pulls/1")
    for api in ["http://git.example:3000", "http://git.example:3000/api/v1"] {
        #expect(try ForgeSettings(kind: .gitea, api: api, repository: "a/b").api == "http://git.example:3000/api/v1")
    }
    #expect(try ForgeSettings(kind: .github, repository: "a/b", token: "ghp_x\n").token == "ghp_x")
    #expect(try ForgeSettings(kind: .github, repository: "a/b", token: "").token == nil)
}

private let unusable: [(kind: ForgeKind, api: String?, repository: String, token: String?)] = [
    (.gitea, nil, "a/b", nil), (.github, "api.github.com", "a/b", nil), (.github, "ftp://h", "a/b", nil),
    (.github, "https://", "a/b", nil), (.github, "https://me:pw@h", "a/b", nil), (.github, "https://h/?x", "a/b", nil),
    (.github, "", "a/b", nil), (.github, nil, "a", nil), (.github, nil, "a/b/c", nil), (.github, nil, "a/", nil),
    (.github, nil, "../b", nil), (.github, nil, "a/b\n", nil), (.gitlab, nil, "a", nil), (.gitlab, nil, "", nil),
    (.azureDevOps, nil, "a/b", nil), (.github, nil, "a/b", "x\r\nX-Evil: 1"),
]

@Test(arguments: unusable)
func whatCannotBeUsedIsRefused(kind: ForgeKind, api: String?, repository: String, token: String?) {
    let error = #expect(throws: ForgeError.self) {
        try ForgeSettings(kind: kind, api: api, repository: repository, token: token)
    }
    guard case .misconfigured(let problem) = error else {
        Issue.record("\(String(describing: error))")
        return
    }
    #expect(!problem.contains("pw") && !problem.contains("X-Evil"), "a secret is not repeated")
}
