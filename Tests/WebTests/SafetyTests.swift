import Foundation
import Reports
import Testing

@testable import Web

@Suite struct SafetyTests {
    /// U+0600 joins what follows it into one `Character`, a combining accent what precedes it.
    @Test(arguments: [
        "<script>alert(1)</script>", "\u{600}<script>alert(1)</script>", "zz\" onmouseover=\"alert(1)",
        "zz\"\u{301} onmouseover=1",
    ])
    func branchIsEscapedEverywhere(_ branch: String) async throws {
        let run = Sample.run(1, environment: branch, branch: branch)
        let answers = FixedAnswers(
            board: BoardReport(rows: [Sample.row(run, model: branch)], changes: [], schedules: [], decisions: []),
            details: [Sample.detail(run, steps: [Sample.step(branch, needs: [branch])])],
            logs: [branch: Array(branch.utf8)])
        for address in [
            "/", "/runs", "/runs/1", "/runs?branch=\(encoded(branch))", "/runs?environment=\(encoded(branch))",
        ] {
            let bytes = String(decoding: try await get(address, of: answers).text.utf8, as: Unicode.ASCII.self)
            #expect(!bytes.contains("<script>alert"), "\(address)")
            #expect(!bytes.contains("zz\""), "\(address)")
            #expect(bytes.contains("&lt;script&gt;alert") || bytes.contains("zz&quot;"), "\(address)")
        }
    }

    @Test func everyAnswerCarriesSecurityHeaders() async throws {
        for address in ["/", "/api/board", "/nowhere", "/api/nowhere", "/style.css", "/api/runs/x"] {
            let page = try await get(address, of: FixedAnswers())
            let policy = page.header("Content-Security-Policy") ?? ""
            #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "\(address)")
            #expect(!policy.contains("unsafe"))
            #expect(page.header("X-Content-Type-Options") == "nosniff", "\(address)")
        }
    }

    @Test func noInlineScriptOrStyle() async throws {
        let answers = FixedAnswers(details: [Sample.detail(Sample.run(1))])
        for address in ["/", "/runs/1", "/nowhere"] {
            let text = try await get(address, of: answers).text
            #expect(text.components(separatedBy: "<script").count == 2)
            #expect(!text.contains("style=") && !text.contains("<style") && !text.contains(" onclick"))
        }
    }

    @Test func errorsAreSentencesWithoutSecrets() async throws {
        let answers = FixedAnswers(isBroken: true)
        let page = try await get("/", of: answers)
        #expect(page.status == 500)
        #expect(page.text.contains("<!doctype html>") && !page.text.contains("hunter2"))
        let api = try await get("/api/board", of: answers)
        #expect(api.status == 500)
        #expect(try api.object()["error"] as? String == "this could not be answered; the daemon's log says why")
    }

    @Test(arguments: [
        ("/nowhere", 404), ("/changes/99", 404), ("/changes/x", 400), ("/api/changes/99", 404), ("/runs/99", 404),
        ("/runs/x", 400), ("/runs/0", 400), ("/api/nowhere", 404),
        ("/api/runs/99", 404),
        ("/api/runs/x", 400), ("/api/runs?limit=0", 400), ("/api/runs?limit=501", 400), ("/api/runs?before=now", 400),
        ("/api/runs/99/steps/train/log", 404), ("/api/runs/99/steps/train/follow", 404),
        ("/runs/99/steps/train/log", 404),
        ("/api/runs/1/steps/train/log?offset=-1", 400), ("/api/runs/1/steps/%FF/log", 400),
    ])
    func refuses(_ address: String, _ status: Int) async throws {
        let page = try await get(address, of: FixedAnswers())
        #expect(page.status == status)
        if address.hasPrefix("/api") {
            #expect(try page.object()["error"] is String)
        } else {
            #expect(page.text.contains("Back to the board"))
        }
    }
}
