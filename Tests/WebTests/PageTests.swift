import Foundation
import Reports
import Testing

@testable import Web

@Suite struct PageTests {
    private let full = FixedAnswers(
        board: BoardReport(
            rows: [
                Sample.row(Sample.run(1)), Sample.row(Sample.run(2, environment: "zoo")),
                Sample.row(Sample.run(3, environment: "staging", branch: "main", outcome: "timed_out")),
                Sample.row(Sample.run(4, environment: "prod", branch: "release/1"), model: "risk 3 (champion)"),
            ],
            changes: [Sample.change], schedules: [Sample.schedule], decisions: [Sample.decision]),
        details: [Sample.detail(Sample.run(1))])

    @Test func boardGroupsByEnvironmentProdFirst() async throws {
        let page = try await get("/", of: full)
        #expect(page.status == 200)
        let places = ["prod", "staging", "dev", "zoo"].map { page.text.range(of: ">\($0)</a></th>")?.lowerBound }
        #expect(!places.contains(nil))
        #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted())
    }

    @Test func boardShowsWhatStandsWhere() async throws {
        let text = try await get("/", of: full).text
        for piece in [
            "release/1", "risk 3 (champion)", "/runs/4", "timed out", ">0123456789</code>", "conflicts in features.yml",
            "not promoted", "Not promoted: 1 of 2 rules failed.", "0 0 11 * * ?", "in 2 h",
            "wip/x: no environment names it",
            #"<time datetime="#, "5 min ago", "4 min 00 s",
        ] {
            #expect(text.contains(piece), "\(piece)")
        }
        #expect(!text.contains("roc_auc too low"))
    }

    @Test func boardBeginsWithWhatNeedsSomebody() async throws {
        #expect(try await !get("/", of: full).text.contains("What needs somebody"))
        var answers = full
        answers.troubles = [
            TroubleReport(
                kind: "mirror", project: "hrob", part: nil, since: Date(), what: "cannot fetch <it>",
                remedy: "try ls-remote")
        ]
        let text = try await get("/", of: answers).text
        let (need, branch) = (text.range(of: "What needs somebody"), text.range(of: "release/1"))
        #expect(try #require(need).lowerBound < #require(branch).lowerBound)
        #expect(text.contains("cannot fetch &lt;it&gt;") && text.contains("To do: try ls-remote"))
    }

    @Test func emptyBoardSaysWhatToDo() async throws {
        let bare = try await get("/", of: FixedAnswers()).text
        #expect(bare.contains("Nothing has been pushed yet"))
        #expect(bare.contains("espalier adopt"))
        let adopted = try await get(
            "/", of: FixedAnswers(projects: [.init(name: "hrob", repository: "/srv/hrob.git", url: nil)])
        ).text
        #expect(adopted.contains("/srv/hrob.git"))
        #expect(adopted.contains("git push origin HEAD:refs/for/main"))
        #expect(!adopted.contains("espalier adopt"))
    }

    @Test func whatAMonitorFoundIsDrawnAgainstItsLimits() async throws {
        let written = """
            {"kind": "espalier.monitor/1", "summary": "npvis <moved>", "drift": true,
             "window": {"from": "2026-11-01T11:00:00Z", "to": "2026-11-28T11:00:00Z", "rows": 800},
             "reference": {"name": "risk 3", "rows": 900},
             "measures": [{"name": "mage", "statistic": "psi", "value": 0.02, "warn": 0.1, "limit": 0.25, "p": null, "rows": 800},
                          {"name": "npvis", "statistic": "psi", "value": 0.5, "warn": 0.1, "limit": 0.25, "p": 0.001, "rows": 800}]}
            """
        var report = try #require(MonitorReport.read(Data(written.utf8)).report)
        report.step = "monitor"
        var detail = Sample.detail(Sample.run(5))
        detail.monitors = [report]
        let text = try await get("/runs/5", of: FixedAnswers(details: [detail])).text
        for piece in [
            "npvis &lt;moved&gt;", "risk 3, 900 rows", "npvis: psi 0.5, drift from 0.25", #"x1="146.7" x2="146.7""#,
            #"width="220.0" height="8""#,
        ] {
            #expect(text.contains(piece), "\(piece)")
        }
        let (worst, other) = (try #require(text.range(of: "npvis: psi")), try #require(text.range(of: "mage: psi")))
        #expect(worst.lowerBound < other.lowerBound, "the worst first")
    }

    @Test(arguments: [
        ("x", "it is not JSON"), ("{}", "'kind' is missing"),
        (
            #"{"kind":"espalier.monitor/1","summary":"","drift":1,"window":{"from":"","to":"","rows":1},"reference":{"name":"","rows":1},"measures":[]}"#,
            "'drift' is of another type"
        ),
        (
            #"{"kind":"other","summary":"","drift":true,"window":{"from":"","to":"","rows":1},"reference":{"name":"","rows":1},"measures":[]}"#,
            "its kind is 'other', not 'espalier.monitor/1'"
        ),
    ])
    func whatIsNoMonitorReportSaysWhy(text: String, problem: String) {
        let found = MonitorReport.read(Data(text.utf8))
        #expect(found.report == nil && found.problem == problem)
    }

    @Test func runShowsStepsAndTheLogOfTheFailedOne() async throws {
        let steps = [
            Sample.step("features"), Sample.step("train", "failed", needs: ["features"], detail: "exit code 3"),
            Sample.step("validate", "pending", needs: ["train"]),
        ]
        var answers = FixedAnswers(details: [Sample.detail(Sample.run(5, outcome: "failed"), steps: steps)])
        answers.logs = [
            "features": Array("rows read\n".utf8), "train": Array("<oops> & \u{1b}[31mred\u{1b}[0m\n".utf8),
        ]
        let text = try await get("/runs/5", of: answers).text
        for piece in [
            "exit code 3", "Log of train", #"&lt;oops&gt; &amp; <span class="ansi1">red</span>"#, "models:/risk/3",
            Sample.commit,
            "data_dir", "births", "a &lt;b&gt;note&lt;/b&gt;", "<svg", "step=validate",
        ] {
            #expect(text.contains(piece), "\(piece)")
        }
        #expect(!text.contains("data-follow"))
        let other = try await get("/runs/5?step=features", of: answers).text
        #expect(other.contains("rows read"))
        #expect(try await get("/runs/5?step=none", of: answers).status == 404)
        #expect(try await !get("/runs/5?log=none", of: answers).text.contains("oops"))
    }

    @Test func runningRunIsFollowed() async throws {
        var answers = FixedAnswers(details: [
            Sample.detail(Sample.run(6, outcome: "running"), steps: [Sample.step("a b", "running")])
        ])
        answers.logs = ["a b": Array("one\n".utf8)]
        answers.logIsOver = false
        let text = try await get("/runs/6", of: answers).text
        #expect(text.contains(#"data-follow="/api/runs/6/steps/a%20b/follow?as=html&amp;offset=4""#))
        #expect(text.contains(#"data-live="2""#))
    }

    @Test(arguments: [
        ("/runs", "feature/x"), ("/runs?branch=feature%2Fx", "show all"), ("/changes", "Add &lt;slices&gt;"),
        ("/changes", #"<a href="/changes/7">7</a>"#), ("/changes/7", "conflicts in features.yml"),
        ("/changes/7", "proposed with 0123456789"), ("/changes/7", "# a.&lt;b&gt; will be created"),
        ("/models", "champion"),
        ("/decisions", "roc_auc too low"), ("/schedules", "risk 2"), ("/style.css", "prefers-color-scheme"),
        ("/live.js", "EventSource"), ("/icon.svg", "<svg"), ("/healthz", "ok"),
    ])
    func answers(_ address: String, _ piece: String) async throws {
        let page = try await get(address, of: full)
        #expect(page.status == 200)
        #expect(page.text.contains(piece))
    }

    @Test(arguments: ["/changes", "/decisions", "/schedules", "/runs"])
    func emptyListsSaySo(_ address: String) async throws {
        let page = try await get(address, of: FixedAnswers())
        #expect(page.status == 200)
        #expect(page.text.contains(#"class="none""#))
    }

    @Test func olderRunsAreOnePageAway() async throws {
        let answers = FixedAnswers(details: (1...4).reversed().map { Sample.detail(Sample.run($0)) })
        let first = try await get("/runs?limit=2", of: answers).text
        #expect(first.contains("/runs?before=3&amp;limit=2"))
        let second = try await get("/runs?before=3&limit=3", of: answers).text
        #expect(second.contains("#2") && !second.contains("#3"))
        #expect(!second.contains("Older runs"))
    }
}
