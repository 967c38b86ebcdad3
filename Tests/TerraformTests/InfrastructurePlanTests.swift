import Foundation
import Terraform
import Testing

@Suite struct InfrastructurePlanTests {
    /// A plan as Terraform prints it, of resources with their actions and values.
    func plan(_ resources: [(String, [String], String)], configuration: String = "{}") throws -> InfrastructurePlan {
        let changes = resources.map { address, actions, values in
            """
            {"address": "\(address)", "change": {"actions": \(actions), "before": null, "after": \(values), "after_unknown": {"id": true}}}
            """
        }
        let json = """
            {"format_version": "1.2", "resource_changes": [\(changes.joined(separator: ","))],
             "configuration": \(configuration), "timestamp": "2026-01-01T00:00:00Z"}
            """
        return try InfrastructurePlan.read(Data(json.utf8)) { $0 }
    }

    @Test func itCountsAsTerraformDoes() throws {
        let found = try plan([
            ("a", ["create"], "{}"), ("b", ["update"], "{}"), ("c", ["delete", "create"], "{}"), ("d", ["no-op"], "{}"),
            ("data.e", ["read"], "{}"), ("f", ["delete"], "null"),
        ])
        #expect(found.summary == "2 to add, 1 to change, 2 to destroy")
        #expect(found.changes.map(\.address) == ["a", "b", "c", "f"])
    }

    @Test func plansOfTheSameDoTheSameInWhateverOrderItIsWritten() throws {
        let left = try plan([("a", ["create"], #"{"x": 1, "y": [2]}"#)], configuration: #"{"p": 1, "q": 2}"#)
        let right = try plan([("a", ["create"], #"{"y": [2], "x": 1}"#)], configuration: #"{"q": 2, "p": 1}"#)
        #expect(left == right)
        #expect(try plan([], configuration: #"{"p": 2}"#).configuration != left.configuration)
    }

    @Test func whatProvidersDoBesidesIsAChangeToo() throws {
        func plan(_ host: String) throws -> InfrastructurePlan {
            let json = """
                {"format_version": "1.2", "action_invocations": [{"address": "action.x.y", "config_values": {"host": "\(host)"}}]}
                """
            return try InfrastructurePlan.read(Data(json.utf8)) { $0 }
        }
        #expect(try plan("a").changes.map(\.actions) == [["invoke"]])
        #expect(try plan("a").changes(notIn: [plan("a")]).isEmpty)
        #expect(try plan("b").changes(notIn: [plan("a")]).map(\.address) == ["action.x.y"])
    }

    @Test(arguments: [
        ("a", ["create"], #"{"x": 2}"#), ("b", ["create"], #"{"x": 1}"#), ("a", ["update"], #"{"x": 1}"#),
    ])
    func anythingElseHasNotBeenShown(address: String, actions: [String], values: String) throws {
        let wanted = try plan([(address, actions, values)])
        let shown = try plan([("a", ["create"], #"{"x": 1}"#), ("z", ["delete"], "null")])
        #expect(wanted.changes(notIn: [shown]).map(\.address) == [address])
        let obstacle = try #require(wanted.obstacle(shownBy: [shown], place: "jobs", environment: "prod"))
        #expect(obstacle.contains("this \(actions[0]) of \(address): the resources or their state have changed"))
    }

    @Test func partsOfWhatSeveralHaveShownMayBeApplied() throws {
        let (a, b, c) = (("a", ["create"], "1"), ("b", ["create"], "2"), ("c", ["create"], "3"))
        let shown = [try plan([a, c]), try plan([b])]
        #expect(try plan([a, b]).obstacle(shownBy: shown, place: "jobs", environment: "prod") == nil)
        #expect(try plan([]).obstacle(shownBy: [], place: "jobs", environment: "prod") == nil)
    }

    @Test func withoutAnyPlanOfAChangeTheWayIsTold() throws {
        let obstacle = try plan([("a", ["create"], "1")]).obstacle(shownBy: [], place: "jobs", environment: "prod")
        let way = "add the same step to a pipeline with on: { change: { environment: prod } }, and propose a change"
        #expect(obstacle?.contains(way) == true)
    }

    @Test(arguments: [
        ("[]", "it is not JSON"), ("{", "it is not JSON"), ("{}", "its format_version is none, and only 1 is known"),
        (#"{"format_version": "2.0"}"#, "its format_version is 2.0, and only 1 is known"),
        (
            #"{"format_version": "1.0", "resource_changes": [{"address": "a"}]}"#,
            "a resource change has no address or no actions"
        ),
    ])
    func whatIsNoPlanIsRefused(json: String, complaint: String) {
        let error = #expect(throws: UnreadablePlan.self) { try InfrastructurePlan.read(Data(json.utf8)) { $0 } }
        #expect(error?.description == complaint)
    }
}
