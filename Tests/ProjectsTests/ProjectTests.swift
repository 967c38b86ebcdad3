import Foundation
import ProjectFiles
import Projects
import Testing

@Suite struct ProjectTests {
    let base = "config: { rows: 10, split: [0.8, 0.2], paths: { in: a, out: b } }\nenv: { A: \"1\" }\n"

    @Test func mapsMergeListsReplaceAndNullDeletes() throws {
        let project = try read([
            "environments/project.yml": base,
            "environments/dev.yml": "branches: [\"x/**\"]\nconfig: { split: [1], paths: { out: c }, rows: null }\n",
        ])
        #expect(project.environment(named: "dev")?.config.json == #"{"paths":{"in":"a","out":"c"},"split":[1]}"#)
    }

    @Test func aKeyKnowsWhereItIsSetAndWhatItOverrides() throws {
        let project = try read([
            "environments/project.yml": base, "environments/dev.yml": "branches: []\nconfig:\n  rows: 20\n",
        ])
        let rows = try #require(project.environment(named: "dev")?.resolved.leaves().first { $0.path == "config.rows" })
        #expect(rows.node.mark == Mark(file: "environments/dev.yml", line: 3, column: 9))
        #expect(rows.node.overrides == [Mark(file: "environments/project.yml", line: 1, column: 17)])
    }

    @Test func privilegedKeysComeFromTheTrustedFiles() throws {
        let trusted = [
            "environments/dev.yml":
                "branches: [\"feature/**\"]\nsandbox: required\nregistry: { model: m }\nconfig: { rows: 1 }\n"
        ]
        let own = [
            "environments/dev.yml":
                "branches: [\"**\"]\nsandbox: off\nregistry: { model: stolen }\nconfig: { rows: 2 }\n"
        ]
        let project = try read(own, trusted: trusted)
        let used = try #require(project.environment(named: "dev"))
        #expect(used.sandbox == .required)
        #expect(used.registry.model == "m")
        #expect(used.branches == [Glob("feature/**")])
        #expect(used.config.json == #"{"rows":2}"#)
        let sources = try readSources(own.mapValues { Array($0.utf8) })
        #expect(sources.privilegesWithheld(in: project) == ["dev": ["branches", "registry.model", "sandbox"]])
    }

    @Test func anEnvironmentThatIsNotTrustedYetHasNoBranches() throws {
        let own = ["environments/new.yml": "branches: [\"**\"]\nprotected: true\n"]
        let used = try #require(try read(own, trusted: dev).environment(named: "new"))
        #expect(used.branches.isEmpty && !used.protected)
    }

    @Test func stepsAreOrderedByNeedAndOtherwiseAsWritten() throws {
        let project = try read(
            pipeline("  c: { run: x, needs: [b] }\n  z: { run: x }\n  b: { run: x }\n  a: { run: x }\n"))
        #expect(project.pipelines[0].steps.map(\.name) == ["z", "b", "c", "a"])
    }

    @Test func equalConfigurationsGiveEqualBytes() throws {
        let one = try read(["environments/dev.yml": "branches: []\nconfig: { b: 1, a: \"x\\ny\" }\n"])
        let two = try read(["environments/dev.yml": "branches: []\nconfig:\n  a: \"x\\ny\"\n  b: 1\n"])
        #expect(one.environments[0].config.json == two.environments[0].config.json)
        #expect(one.environments[0].config.json == #"{"a":"x\ny","b":1}"#)
    }

    @Test(arguments: [("90s", 90), ("10m", 600), ("6h", 21_600), ("2d", 172_800), ("45", 45)] as [(String, Int64)])
    func durationsAreRead(text: String, seconds: Int64) {
        #expect(Duration(written: text) == .seconds(seconds))
    }

    @Test(arguments: [("512MiB", 536_870_912), ("8GiB", 8_589_934_592), ("10B", 10), ("7", 7)] as [(String, Int64)])
    func sizesAreRead(text: String, size: Int64) {
        #expect(bytes(written: text) == size)
    }

    /// Editors use these schemas for completion, so they must match what the reader accepts.
    @Test(arguments: ["project", "environment", "pipeline"])
    func thePublishedSchemaIsTheReaders(kind: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let published = try String(
            contentsOf: root.appendingPathComponent("docs/schema/\(kind).schema.json"), encoding: .utf8)
        let own =
            switch kind {
            case "project": EnvironmentFile.projectShape.schema(title: "environments/project.yml")
            case "environment": EnvironmentFile.shape.schema(title: "environments/NAME.yml")
            default: PipelineFile.shape.schema(title: "pipelines/NAME.yml")
            }
        #expect(published == own, "write it anew: espalier schema \(kind) > docs/schema/\(kind).schema.json")
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(own.utf8)) }
    }
}
