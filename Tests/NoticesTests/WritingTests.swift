import Foundation
import Projects
import Runs
import Testing

@testable import Notices

/// What messages say.
@Suite struct WritingTests {
    static let move = DecidedMove(
        decision: 4, model: "risk", from: "2", to: "3", standing: .moved, isRollback: false, reasons: ["by 0.02"])

    func moved(_ standing: DecidedMove.Standing, from: String? = "2", back: Bool = false) -> String {
        notice(
            .decision(
                DecidedMove(
                    decision: 4, model: "risk", from: from, to: "3", standing: standing, isRollback: back, reasons: []))
        ).title
    }

    @Test func titlesSayWhatHappenedWhere() throws {
        #expect(notice(try failure()).title == "clinic prod: train on release/1 failed (run 7)")
        #expect(
            notice(.failure(outcome: .timedOut, steps: [], log: [])).title
                == "clinic prod: train on release/1 timed out (run 7)")
        #expect(notice(.recovery(after: 6)).title == "clinic prod: train on release/1 passes again (run 7)")
        #expect(notice(.drift([])).title == "clinic prod: train on release/1 found drift (run 7)")
        let missed = MissedFire(schedule: "nightly", logicalTime: noon, reason: "x", count: 1)
        #expect(notice(.missed(missed)).title == "clinic prod: nightly was not on time for 2026-11-25T12:00:00Z")
        #expect(moved(.moved) == "clinic prod: risk 3 is champion, after 2 (decision 4)")
        #expect(moved(.moved, from: nil) == "clinic prod: risk 3 is champion (decision 4)")
        #expect(moved(.moved, back: true) == "clinic prod: risk was rolled back to 3, after 2 (decision 4)")
        #expect(moved(.held) == "clinic prod: risk 3 was not promoted (decision 4)")
        #expect(moved(.void(because: "x")) == "clinic prod: risk 3 did not become champion after all (decision 4)")
        #expect(moved(.waits(approvals: 2)) == "clinic prod: risk 3 has 2 pending approvals (decision 4)")
    }

    @Test func aFailureShowsItsStepsAndTheEndOfTheLog() throws {
        #expect(
            notice(try failure(["one", "two"])).body(url: "http://ci/runs/7") == """
                a: failed, exit code 3

                The end of the log of a:
                  one
                  two

                branch release/1, commit cccccccccc, run 7

                http://ci/runs/7
                """)
    }

    @Test func whoHasToActIsToldHow() {
        let waits = DecidedMove(
            decision: 4, model: "risk", from: nil, to: "3", standing: .waits(approvals: 1), isRollback: false,
            reasons: ["Promoted: every rule passed."])
        let body = notice(.decision(waits)).body(url: nil)
        #expect(body.hasPrefix("Promoted: every rule passed.\nespalier decisions approve 4 --as NAME\n"))
    }

    @Test func aTemplateHasItsFieldsFilledInOnce() throws {
        let plain = notice(try failure(["{{kind}}"]), branch: "feature/{{commit}}")
        #expect(
            plain.text(template: "{{kind}} {{ branch }}: {{log}} {{nothing}} {{url}}{{id}}", url: nil, id: "k")
                == "failure feature/{{commit}}: {{kind}} {{nothing}} k")
        let all = NoticeField.allCases.map { "{{\($0.rawValue)}}" }.joined()
        #expect(!plain.text(template: all, url: "u", id: "i").contains("{{project"))
        #expect(plain.text(template: nil, url: nil, id: "k").hasPrefix("\(plain.title)\n\na: failed"))
    }

    @Test func aLogIsShownAsAPersonSawIt() {
        let log =
            "cut\n\u{1B}[1;31mred\u{1B}[0m\n 10%\r 50%\r100%\r\n\u{7}bell\u{202E}\n\n"
            + String(repeating: "x", count: 500)
        #expect(
            lastLines(of: Array(log.utf8), count: 4)
                == ["red", "100%", "bell", String(repeating: "x", count: 300)])
        #expect(lastLines(of: Array("a\nb\nc".utf8), count: 2) == ["b", "c"])
        #expect(lastLines(of: [0xFF, 0x41]) == ["\u{FFFD}A"] && lastLines(of: []).isEmpty)
    }

    @Test func aChatShowsNamesAndLogsAndObeysNone() {
        #expect(forChat("<!channel> & <http://evil|click>") == "&lt;!channel&gt; &amp; &lt;http://evil|click&gt;")
        #expect(
            forChat("@Channel @all @heretic a@here.org") == "@\u{200B}Channel @\u{200B}all @heretic a@\u{200B}here.org")
    }

    @Test func aDocumentHasTheKeysThatAreDocumented() throws {
        func keys(_ about: Subject) throws -> (top: Set<String>, details: [String: Any]) {
            let bytes = try Document(notice(about), id: "k", template: nil, url: "u").json()
            let said = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
            return (Set(said.keys), try #require(said["details"] as? [String: Any]))
        }
        let (top, failed) = try keys(try failure(["x"]))
        #expect(
            top == [
                "kind", "id", "project", "environment", "run", "branch", "pipeline", "commit", "title", "text", "url",
                "at", "details",
            ])
        #expect(Set(failed.keys) == ["count", "earlier", "outcome", "steps", "log"])
        #expect(Set(try keys(.recovery(after: 3)).details.keys) == ["count", "earlier", "previous_run"])
        let missed = MissedFire(schedule: "s", logicalTime: noon, reason: "r", count: 2)
        let fire = try keys(.missed(missed)).details
        #expect(Set(fire.keys) == ["count", "earlier", "schedule", "logical_time", "reason"])
        #expect(fire["logical_time"] as? String == "2026-11-25T12:00:00Z" && fire["count"] as? Int == 2)
        #expect(
            Set(try keys(.decision(Self.move)).details.keys) == [
                "count", "earlier", "decision", "model", "from", "to", "standing", "reasons",
            ])
    }
}
