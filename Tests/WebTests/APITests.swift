import Foundation
import Reports
import Testing

@testable import Web

@Suite struct APITests {
    private let answers = FixedAnswers(
        board: BoardReport(
            rows: [Sample.row(Sample.run(1), model: "risk 3")], changes: [Sample.change], schedules: [Sample.schedule],
            decisions: [Sample.decision]),
        details: [Sample.detail(Sample.run(1)), Sample.detail(Sample.run(2, environment: "prod", branch: "release/1"))])

    @Test(arguments: [
        ("/api/status", ["projects", "running", "remarks"]),
        ("/api/board", ["rows", "changes", "schedules", "decisions"]),
        ("/api/changes/7", ["change", "history", "infrastructure"]),
        ("/api/runs/1", ["run", "steps", "configuration_digest", "datasets"]),
    ])
    func objectsHaveSnakeCaseKeys(_ address: String, _ keys: [String]) async throws {
        let answer = try await get(address, of: answers)
        #expect(answer.header("Content-Type") == "application/json; charset=utf-8")
        let object = try answer.object()
        for key in keys { #expect(object[key] != nil, "\(key)") }
    }

    @Test(arguments: [
        ("/api/runs", ["id", "created_at", "outcome"]), ("/api/changes", ["id", "target", "reason"]),
        ("/api/models", ["name", "aliases", "tags"]),
        ("/api/decisions", ["evidence_sha256", "decided_at", "configuration_digest"]),
        ("/api/schedules", ["live_since", "fires", "cron"]),
    ])
    func listsHaveSnakeCaseKeys(_ address: String, _ keys: [String]) async throws {
        let first = try #require(try await get(address, of: answers).list().first)
        for key in keys { #expect(first[key] != nil, "\(key)") }
    }

    @Test func runsAreFiltered() async throws {
        #expect(try await get("/api/runs?branch=release%2F1", of: answers).list().map { $0["id"] as? Int } == [2])
        #expect(try await get("/api/runs?environment=dev", of: answers).list().map { $0["id"] as? Int } == [1])
        #expect(try await get("/api/runs?before=2&limit=1", of: answers).list().map { $0["id"] as? Int } == [1])
    }

    @Test func timesAreInUTC() async throws {
        let runs = try await get("/api/runs", of: answers).list()
        #expect(runs.first?["ended_at"] as? String == (Sample.now - 60).formatted(.iso8601))
    }
}
