import Foundation
import Testing

@testable import Forges

/// What all implementations must do alike.
@Suite struct ContractTests {
    private func everyRequest(_ forge: any Forge) -> [ForgeRequest] {
        [
            forge.listChanges(page: 1), forge.listChanges(page: .max), forge.listChanges(page: .min), forge.change(7),
            forge.setStatus(CommitStatus(commit: one, state: .success, context: "espalier", description: "fine")),
        ]
            + MergeOrder.Method.allCases.map {
                forge.merge(MergeOrder(number: 7, head: one, method: $0, title: "Merge 7", message: "Change: 7"))
            }
    }

    @Test(arguments: ForgeKind.allCases) func requestsCanBeSent(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        let forge = try sample.forge
        for request in everyRequest(forge) {
            #expect(["GET", "POST", "PUT", "PATCH"].contains(request.method))
            let url = try #require(URL(string: request.url))
            #expect(url.scheme == "https" && url.host != nil && request.url.hasPrefix(forge.settings.api))
            let credentials = [request.headers["Authorization"], request.headers["PRIVATE-TOKEN"]].compactMap { $0 }
            #expect(credentials.count == 1)
            #expect(credentials[0].contains("hush") || credentials[0] == "Basic Omh1c2g=", "\(credentials)")
            #expect(request.headers["User-Agent"] != nil)
            #expect((request.body == nil) == (request.method == "GET"))
            #expect((request.headers["Content-Type"] == "application/json") == (request.body != nil))
        }
        let silent = try ForgeSettings(
            kind: kind, api: forge.settings.api, repository: forge.settings.repository, token: " \n")
        for request in everyRequest(Forges.forge(for: silent)) {
            #expect(request.headers["Authorization"] == nil && request.headers["PRIVATE-TOKEN"] == nil)
        }
    }

    @Test(arguments: ForgeKind.allCases) func changesAreReadAlike(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        let forge = try sample.forge
        for isFork in [false, true] {
            for isDraft in [false, true] {
                for state in ForgeChange.State.allCases {
                    let body = sample.change(state: state, isFork: isFork, isDraft: isDraft)
                    let change = try forge.change(in: ForgeResponse(status: 200, body: try bytes(body)))
                    let expected = ForgeChange(
                        number: 7, head: one, target: "main", source: "topic", title: "Faster", author: "ada",
                        isFork: isFork, isDraft: isDraft, url: change.url, state: state)
                    #expect(change == expected)
                    #expect(change.url?.hasSuffix("/7") == true)
                    #expect(try forge.changes(in: try sample.list([body])).changes == [expected])
                }
            }
        }
    }

    @Test(arguments: ForgeKind.allCases) func aListMayGoOn(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        let forge = try sample.forge
        let (some, more) = try forge.changes(in: try sample.list([sample.change()], hasMore: true))
        #expect(!some.isEmpty && more)
        let (none, end) = try forge.changes(in: try sample.list([]))
        #expect(none.isEmpty && !end)
        let pages = Set((1...5).map { forge.listChanges(page: $0).url })
        #expect(pages.count == 5)
        #expect(forge.listChanges(page: 0) == forge.listChanges(page: 1))
    }

    /// A change without commits has nothing to check, and must not hide the others.
    @Test(arguments: ForgeKind.allCases) func aChangeWithoutCommitsIsLeftOut(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        var empty = sample.change()
        switch kind {
        case .github, .gitea: empty["head"] = ["ref": "topic", "sha": zero, "repo": ["full_name": "acme/models"]]
        case .gitlab: empty["sha"] = NSNull()
        case .azureDevOps: empty["lastMergeSourceCommit"] = nil
        }
        let forge = try sample.forge
        let text = String(decoding: try sample.list([empty, sample.change()]).body, as: UTF8.self)
        for list in [text, text.replacing(zero, with: "")] {
            #expect(try forge.changes(in: answer(200, list)).changes.count == 1)
        }
        let error = #expect(throws: ForgeError.self) {
            try forge.change(in: ForgeResponse(status: 200, body: try bytes(empty)))
        }
        #expect(error?.description.contains("no commits") == true)
    }

    /// A stranger's text must not break a commit message or a page, or hide other changes.
    @Test(arguments: ForgeKind.allCases) func strangeWordsDoNoHarm(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        let text = String(decoding: try sample.list([sample.change(), sample.change()]).body, as: UTF8.self)
            .replacing("Faster", with: #"Fa\u0000ster\r\n\nChange: 9"#)
            .replacing("https://forge.example/7", with: "javascript:alert(7)")
            .replacing("topic", with: "-x@y,z;ü")
        let changes = try sample.forge.changes(in: answer(200, text)).changes
        #expect(changes.map(\.title) == ["Fa ster Change: 9", "Fa ster Change: 9"])
        #expect(changes.map(\.source) == ["-x@y,z;ü", "-x@y,z;ü"])
        #expect(changes.allSatisfy { $0.url?.hasPrefix("https://") ?? true })
    }

    @Test(arguments: ForgeKind.allCases) func aForkThatIsGoneIsAForkStill(_ kind: ForgeKind) throws {
        let sample = Sample(kind: kind)
        var body = sample.change()
        switch kind {
        case .github, .gitea: body["head"] = ["ref": "topic", "sha": one, "repo": NSNull()]
        case .gitlab: (body["source_project_id"], body["target_project_id"]) = (NSNull(), NSNull())
        case .azureDevOps: body["forkSource"] = [:] as [String: Any]
        }
        #expect(try sample.forge.change(in: ForgeResponse(status: 200, body: try bytes(body))).isFork)
    }

    @Test(arguments: ForgeKind.allCases) func aStatusSaysWhatItIsAbout(_ kind: ForgeKind) throws {
        let forge = try Sample(kind: kind).forge
        var states: Set<String> = []
        for state in CommitStatus.State.allCases {
            let request = forge.setStatus(
                CommitStatus(
                    commit: one, state: state, context: "espalier/gate", description: "0 of 3 passed",
                    targetURL: "https://ci.example/1"))
            #expect(request.method == "POST" && request.url.contains(one))
            let body = try members(request)
            #expect(body["description"] as? String == "0 of 3 passed")
            #expect((body["target_url"] ?? body["targetUrl"]) as? String == "https://ci.example/1")
            states.insert(try #require(body["state"] as? String))
        }
        #expect(states.count == (kind == .gitlab ? 3 : 4))
        #expect(states.contains("pending"))
        for status in [200, 201] { #expect(forge.statusTrouble(in: answer(status, "{}")) == nil) }
    }

    @Test(arguments: ForgeKind.allCases) func aLongDescriptionIsCut(_ kind: ForgeKind) throws {
        let long = String(repeating: "👩‍👩‍👧‍👦", count: 200)
        let request = try Sample(kind: kind).forge.setStatus(
            CommitStatus(commit: one, state: .failure, context: "espalier", description: long))
        let text = try #require(try members(request)["description"] as? String)
        #expect(text.unicodeScalars.count <= (kind == .github ? 140 : 255) && text.hasSuffix("…"))
    }

    @Test(arguments: ForgeKind.allCases) func errorsAreClassedAlike(_ kind: ForgeKind) throws {
        let forge = try Sample(kind: kind).forge
        let body = #"{"message": "Nope", "documentation_url": "https://docs.example"}"#
        for (status, mayPass) in [
            (301, false), (400, false), (401, false), (403, false), (404, false), (408, true), (410, false),
            (422, false), (429, true), (500, true), (502, true), (503, true), (599, true), (0, false), (999, true),
        ] {
            for text in [body, "", "<html>Nope</html>", "[1]"] {
                let error = try #require(forge.trouble(in: answer(status, text)))
                #expect(error.mayPass == mayPass, "\(status)")
                #expect(throws: error) { _ = try forge.changes(in: answer(status, text)) }
                #expect(throws: error) { try forge.change(in: answer(status, text)) }
            }
            if status != 301 { #expect(forge.trouble(in: answer(status, body))?.description.contains("Nope") == true) }
        }
        for status in [200, 201, 204] { #expect(forge.trouble(in: answer(status)) == nil) }
    }
}
