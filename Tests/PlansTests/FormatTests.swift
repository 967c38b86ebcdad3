import Events
import Foundation
import Plans
import Projects
import Promotion
import Testing

/// A format stays readable as long as any store contains it: each has golden files, and the current one is written exactly
/// like them, byte for byte.
@Suite struct FormatTests {
    private static let a = ObjectID(String(repeating: "a", count: 40))!
    private static let b = ObjectID(String(repeating: "b", count: 40))!
    private static let moment = Date(timeIntervalSince1970: 1_767_225_600)

    static let events: [(String, Event)] = [
        ("push", .push(RefMove(ref: "refs/heads/main", from: a, to: b))),
        ("push-new", .push(RefMove(ref: "refs/heads/main", from: nil, to: b))),
        (
            "proposal",
            .proposal(
                Proposal(
                    key: "7", target: "main", head: b,
                    origin: ChangeOrigin(
                        number: 7, author: "ann", title: "One", isFork: true, url: "https://forge.example.org/7")))
        ),
        (
            "checks",
            .checks(CheckRequest(change: 7, target: "main", base: a, merge: b, isQueued: true, isFork: false))
        ),
        (
            "fire",
            .fire(FireRequest(fire: 3, schedule: "nightly", logicalTime: moment, commit: b, branch: "release/1"))
        ),
        (
            "fire-backfill",
            .fire(
                FireRequest(
                    fire: 3, schedule: "nightly", logicalTime: moment, commit: b, branch: "release/1",
                    backfill: Backfilling(number: 2, version: "5")))
        ),
        ("request", .request(RunRequest(pipeline: "dev", commit: b, branch: "main"))),
        (
            "rollback",
            .rollback(
                RollbackRequest(
                    environment: "prod", model: "risk", version: "4", commit: b, branch: "release/1", by: "ann",
                    reason: "it is slow"))
        ),
        (
            "drift",
            .drift(
                DriftReport(
                    run: 9, pipeline: "monitor", environment: "prod", reason: "age", commit: b, branch: "release/1"))
        ),
    ]

    static let triggers: [(String, Trigger)] = [
        ("push", .push), ("local", .local), ("change", .change(number: 7, base: a)),
        ("fire", .fire(id: 3, schedule: "nightly", logicalTime: moment, backfill: nil)),
        (
            "fire-backfill",
            .fire(
                id: 3, schedule: "nightly", logicalTime: moment, backfill: Backfilling(number: 2, version: "5"))
        ),
        ("rollback", .rollback(model: "risk", version: "4", by: "ann", reason: "it is slow")),
        ("drift", .drift(run: 9, reason: "age")),
    ]

    static let nonRuns: [(String, NonRun)] = [
        ("notTriggered", .notTriggered(by: "push")),
        ("otherEnvironment", .otherEnvironment(wanted: ["dev", "prod"], actual: "staging")),
        ("otherBranch", .otherBranch(wanted: ["release/1.*"])), ("pathsUntouched", .pathsUntouched(["src/**"])),
        ("otherTarget", .otherTarget(wanted: ["main"])), ("otherSchedule", .otherSchedule),
        ("otherPipeline", .otherPipeline(wanted: ["monitor"])),
        ("otherModel", .otherModel(wanted: "weight", environment: "dev", known: ["risk"])),
        ("coolingDown", .coolingDown(until: moment)), ("oftenEnough", .oftenEnough(starts: 4, since: moment)),
    ]

    static let actions = ["run", "register", "promote", "plan", "apply", "restore"]

    @Test(arguments: events.indices) func eventsAreWrittenInTheirFormatAndReadInEach(index: Int) throws {
        let (name, event) = Self.events[index]
        try expect(event, "event-\(name)")
    }

    @Test(arguments: triggers.indices) func triggersAreWrittenInTheirFormatAndReadInEach(index: Int) throws {
        let (name, trigger) = Self.triggers[index]
        try expect(trigger, "trigger-\(name)")
    }

    @Test(arguments: nonRuns.indices) func reasonsAreWrittenInTheirFormatAndReadInEach(index: Int) throws {
        let (name, reason) = Self.nonRuns[index]
        try expect(reason, "nonrun-\(name)")
    }

    @Test(arguments: actions) func actionsAreWrittenInTheirFormatAndReadInEach(name: String) throws {
        let action = try read(Action.self, "format1/action-\(name)")
        #expect(action.kind == name)
        try expect(action, "action-\(name)")
    }

    @Test func everyKindHasAGoldenFile() {
        #expect(Set(Self.events.map(\.1.kind)).count == Event.kinds.count)
        #expect(Set(Self.triggers.map(\.1.kind)).count == Trigger.kinds.count)
        #expect(Set(Self.actions).count == Action.kinds.count)
    }

    @Test func actionsOfFormat1KeepWhatTheyCarry() throws {
        let command = try read(Action.self, "format1/action-run").as(CommandAction.self)
        #expect(command?.command == "lint src")
        let plan = try read(Action.self, "format1/action-plan").as(TerraformPlanAction.self)
        #expect(plan?.infrastructure == Infrastructure(folder: "infra", state: "infra.tfstate"))
        let apply = try read(Action.self, "format1/action-apply").as(TerraformApplyAction.self)
        #expect(apply?.plan == Reference("${steps.plan.outputs.plan}") && apply?.isShown == true)
        let promote = try #require(try read(Action.self, "format1/action-promote").as(PromoteAction.self))
        #expect(promote.evidence == Reference("${steps.score.outputs.evidence}") && promote.rules.first == .hold)
        #expect(promote.trainingIDs == Reference("${steps.train.outputs.report}"))
    }

    @Test func plansAreWrittenInTheirFormatAndReadInEach() throws {
        let plan = try read(Plan.self, "format1/plan")
        let registry = plan.settings.registry
        #expect(registry.server == .url("https://mlflow.example.org") && registry.rollsBackOnFailedHealth == true)
        #expect(plan.steps.map(\.action.kind) == ["run", "run", "register", "promote", "plan", "apply", "run"])
        #expect(plan.trigger == .push && plan.trust == .unprotected && plan.steps.last?.reuse?.key != nil)
        #expect(plan.steps[1].datasets == ["births": .path("births.csv"), "codes": .version("2024")])
        #expect(plan.settings.notify?.map(\.recipients) == [[""], ["a@example.org"]])
        try expect(plan, "plan")
    }

    @Test func whatANewerVersionHasWrittenIsRefused() throws {
        let text = #"{"format":3,"kind":"request","pipeline":"p","commit":"\#(Self.a)","branch":"main"}"#
        #expect { try JSONDecoder().decode(Event.self, from: Data(text.utf8)) } throws: { error in
            "\(error)".contains("format 3 is not known here: a newer version of Espalier has written it")
        }
    }

    @Test func anUnknownKindIsRefusedByName() throws {
        for text in [#"{"format":2,"kind":"moon"}"#, #"{"moon":{"_0":{}}}"#] {
            #expect { try JSONDecoder().decode(Event.self, from: Data(text.utf8)) } throws: { error in
                "\(error)".contains("there is no kind 'moon' here: known are push, proposal, checks")
            }
        }
    }

    private func expect<Value: Codable & Equatable>(_ value: Value, _ name: String) throws {
        #expect(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n" == golden("format2/\(name)"))
        #expect(try read(Value.self, "format1/\(name)") == value)
        #expect(try read(Value.self, "format2/\(name)") == value)
    }

    private func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        return try decoder.decode(type, from: Data(golden(name).utf8))
    }

    private var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    private func golden(_ name: String) -> String {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return (try? String(contentsOf: tests.appending(path: "Golden/\(name).json"), encoding: .utf8)) ?? ""
    }
}
