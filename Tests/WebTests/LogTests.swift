import Foundation
import Testing

@testable import Web

@Suite struct LogTests {
    private func answers(_ text: String, isOver: Bool = true) -> FixedAnswers {
        FixedAnswers(
            details: [Sample.detail(Sample.run(1), steps: [Sample.step("train it")])],
            logs: ["train it": Array(text.utf8)], logIsOver: isOver)
    }

    @Test func partsFollowEachOtherByOffset() async throws {
        let log = answers("first\nsecond\n")
        let one = try await get("/api/runs/1/steps/train%20it/log?limit=6", of: log)
        #expect(one.text == "first\n")
        #expect(one.header("X-Next-Offset") == "6")
        #expect(one.header("X-Log-Over") == "false")
        #expect(one.header("Content-Type") == "text/plain; charset=utf-8")
        let two = try await get("/api/runs/1/steps/train%20it/log?offset=6", of: log)
        #expect(two.text == "second\n")
        #expect(two.header("X-Next-Offset") == "13")
        #expect(two.header("X-Log-Over") == "true")
        let none = try await get("/api/runs/1/steps/train%20it/log?offset=13", of: log)
        #expect(none.status == 200 && none.text.isEmpty)
    }

    @Test func wholeLogIsStreamed() async throws {
        let text = String(repeating: "a line of a long log\n", count: 40_000)
        #expect(try await get("/runs/1/steps/train%20it/log", of: answers(text)).text == text)
        #expect(
            try await get("/runs/1/steps/train%20it/log", of: answers("so far\n", isOver: false)).text == "so far\n")
    }

    @Test func longLogsShowTheirEnd() async throws {
        let lines = (1...60_000).map { "line \($0) of many\n" }.joined()
        let page = try await get("/runs/1", of: answers(lines)).text
        #expect(page.contains("line 60000 of many"))
        #expect(page.contains("Only the end is shown."))
        #expect(!page.contains("line 1 of many"))
    }

    @Test func followTellsLinesAndTheEnd() async throws {
        let events = try await get(
            "/api/runs/1/steps/train%20it/follow", of: answers("\u{1b}[32mone\u{1b}[0m\ntwo <3\nlast")
        ).text
        #expect(
            events == """
                id: 20
                event: log
                data: one
                data: two <3
                data: 

                id: 24
                event: log
                data: last

                id: 24
                event: end
                data: 24


                """)
    }

    @Test func followResumesAndColours() async throws {
        let log = answers("one\n\u{1b}[31mtwo <3\u{1b}[0m\n")
        let events = try await get("/api/runs/1/steps/train%20it/follow?as=html&offset=0", of: log, lastEvent: "4").text
        #expect(events.hasPrefix("id: 20\nevent: log\ndata: <span class=\"ansi1\">two &lt;3</span>\n"))
        #expect(!events.contains("one"))
    }

    @Test func unfinishedLinesWaitUntilTheyAreWhole() async throws {
        let log = FollowedLog(
            answers: answers("whole\nhal", isOver: false), run: 1, step: "train it", offset: 0, pollEvery: .zero)
        var moments = log.makeAsyncIterator()
        #expect(try await moments.next() == .lines(Array("whole\n".utf8), next: 6))
        #expect(try await moments.next() == .quiet)
    }
}

@Suite struct LogTextTests {
    @Test(arguments: [
        ("plain\n", "plain\n"), ("\u{1b}[1;31mred\u{1b}[0m x", "red x"), (" 10%\r 50%\r100%\n", "100%\n"),
        ("dos\r\nline\r\n", "dos\nline\n"),
        ("\u{1b}]0;title\u{7}after", "after"), ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
        ("up\u{1b}[2K\u{1b}[1Aone", "upone"),
        ("bell\u{7}\u{0}", "bell"), ("cut \u{1b}[3", "cut "), ("end \u{1b}", "end "), ("", ""),
        ("zażółć ✓", "zażółć ✓"),
    ])
    func isPlain(_ written: String, _ shown: String) {
        #expect(LogText(Array(written.utf8)).plain == shown)
    }

    @Test(arguments: [
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"), ("\u{1b}[32mok\u{1b}[0m <", #"<span class="ansi2">ok</span> &lt;"#),
        ("\u{1b}[1;91mbad\u{1b}[22m dim", #"<span class="ansi9 bold">bad</span><span class="ansi9"> dim</span>"#),
        ("\u{1b}[31ma\nb\u{1b}[mc", "<span class=\"ansi1\">a</span>\n<span class=\"ansi1\">b</span>c"),
        (
            "\u{1b}[38;5;2mg\u{1b}[38;2;1;2;3mx\u{1b}[48;5;1my",
            #"<span class="ansi2">g</span><span class="ansi2">x</span><span class="ansi2">y</span>"#
        ),
        ("\u{600}<script>", "\u{600}&lt;script&gt;"), ("\u{1b}[31m<\u{1b}[\"m", #"<span class="ansi1">&lt;</span>"#),
    ])
    func isHTML(_ written: String, _ shown: String) {
        #expect(LogText(Array(written.utf8)).html == shown)
    }

    @Test func whatIsNoTextIsReplaced() {
        #expect(LogText([0xff, 0x3c, 0x61]).html == "\u{fffd}&lt;a")
    }
}
