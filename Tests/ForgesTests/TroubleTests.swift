import Testing

@testable import Forges

@Suite struct TroubleTests {
    @Test func gitHubLimitsWithAWaitOrATime() throws {
        let forge = try Sample(kind: .github).forge
        let hourly = answer(
            403, #"{"message": "API rate limit exceeded"}"#,
            ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000000"])
        guard case .busy(403, _, .at(1_700_000_000)) = forge.trouble(in: hourly) else {
            Issue.record("\(String(describing: forge.trouble(in: hourly)))")
            return
        }
        let burst = answer(403, #"{"message": "You have exceeded a secondary limit"}"#, ["Retry-After": "60"])
        guard case .busy(403, _, .after(60)) = forge.trouble(in: burst) else {
            Issue.record("\(String(describing: forge.trouble(in: burst)))")
            return
        }
        let plain = answer(403, #"{"message": "Resource not accessible"}"#, ["X-RateLimit-Remaining": "4999"])
        #expect(forge.trouble(in: plain)?.mayPass == false)
    }

    @Test(arguments: ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "99999999999999999999", "", "1.5"])
    func aWaitThatIsNoNumberIsNone(_ text: String) throws {
        let error = try Sample(kind: .gitlab).forge.trouble(in: answer(429, "", ["Retry-After": text]))
        guard case .busy(429, _, nil) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aRefusalSaysWhatToDo() throws {
        let forge = try Sample(kind: .github).forge
        #expect(forge.trouble(in: answer(401, "{}"))?.description.contains("make a new one on GitHub") == true)
        #expect(forge.trouble(in: answer(404, "{}"))?.description.contains("acme/models") == true)
        let moved = forge.trouble(in: answer(301, "", ["Location": "https://api.github.com/repositories/1"]))
        #expect(moved?.description.contains("https://api.github.com/repositories/1") == true)
    }

    /// Azure DevOps answers an unknown token with 203 and an HTML page.
    @Test func aSignInPageIsNoAnswer() throws {
        let page = answer(203, "<html>Sign In</html>")
        #expect(try Sample(kind: .azureDevOps).forge.trouble(in: page)?.mayPass == false)
        #expect(throws: ForgeError.self) { try Sample(kind: .azureDevOps).forge.changes(in: page) }
        #expect(try Sample(kind: .azureDevOps).forge.mergeAnswer(page) != .underway)
    }

    @Test(arguments: [
        (#"{"message": {"title": ["is long", "dull"], "base": ["is gone"]}}"#, "base is gone; title is long; dull"),
        (#"{"message": ["one", "two"]}"#, "one; two"),
        (#"{"error": "insufficient_scope"}"#, "insufficient_scope"),
        (#"{"message": "No", "errors": [{"code": "custom", "field": "base"}]}"#, "No: code custom; field base"),
        ("plain\n  words", "plain words"),
        ("<html>", "it gives no reason"),
        ("", "it gives no reason"),
    ])
    func wordsAreFoundInAnyShape(body: String, words: String) throws {
        let error = try Sample(kind: .gitlab).forge.trouble(in: answer(422, body))
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test func aLongRefusalIsCut() throws {
        let error = try Sample(kind: .gitea).forge.trouble(in: answer(422, String(repeating: "x", count: 10_000)))
        #expect((error?.description.count ?? 0) < 400)
    }

    /// GitLab refuses a status that is already set.
    @Test func aRepeatedPendingIsNoTrouble() throws {
        let gitlab = try Sample(kind: .gitlab).forge
        let body = #"{"message": "Cannot transition status via :enqueue from :pending (Reason(s): …)"}"#
        #expect(gitlab.statusTrouble(in: answer(400, body)) == nil)
        #expect(gitlab.statusTrouble(in: answer(400, #"{"message": "name is too long"}"#)) != nil)
    }
}
