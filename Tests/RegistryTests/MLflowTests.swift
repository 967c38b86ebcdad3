import Fixtures
import Foundation
import Registry
import Testing

/// The Python with MLflow's server that `scripts/setup` made; without it these tests cannot run, and say so.
private let serverPython: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let python = ProcessInfo.processInfo.environment["ESPALIER_MLFLOW_PYTHON"] ?? root.path + "/.venv/server/bin/python"
    return FileManager.default.isExecutableFile(atPath: python) ? python : nil
}()

/// One real MLflow server for all tests of a suite: started before them, ended after them.
private struct RealServer: SuiteTrait, TestScoping {
    @TaskLocal static var client: MLflow?

    func provideScope(for test: Test, testCase: Test.Case?, performing tests: @Sendable () async throws -> Void)
        async throws
    {
        let folder = try TemporaryFolder()
        let server = EmbeddedServer(
            python: try #require(serverPython), folder: folder.path, place: .port(Int.random(in: 20_000..<32_000)))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: server.command[0])
        process.arguments = Array(server.command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(server.environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // On SIGTERM, the server would wait for this process to close its idle connections.
        defer { kill(process.processIdentifier, SIGKILL) }
        let client = MLflow(url: try #require(server.url))
        let deadline = Date().addingTimeInterval(600)
        while await !client.isReady() {
            try #require(Date() < deadline && process.isRunning, "the MLflow server did not become ready")
            try await Task.sleep(for: .milliseconds(200))
        }
        try await Self.$client.withValue(client) { try await tests() }
    }
}

@Suite(.enabled(if: serverPython != nil, "no Python with MLflow's server: run scripts/setup"), RealServer())
struct MLflowTests {
    let mlflow: MLflow

    init() throws { mlflow = try #require(RealServer.client) }

    @Test func aVersionIsRegisteredOnceForOneAttempt() async throws {
        let tags = ["espalier.registered_by": "p/1/register", "espalier.commit": "abc"]
        let first = try await mlflow.register(
            model: "once", source: "s3://models/m", runID: nil, tags: tags, attemptTag: "espalier.registered_by")
        let again = try await mlflow.register(
            model: "once", source: "s3://models/m", runID: nil, tags: tags, attemptTag: "espalier.registered_by")
        #expect(first.version == "1" && again.version == "1")
        let other = try await mlflow.register(
            model: "once", source: "s3://models/m", runID: nil,
            tags: ["espalier.registered_by": "p/2/register"], attemptTag: "espalier.registered_by")
        #expect(other.version == "2")
        #expect(try await mlflow.versions(of: "once").map(\.version) == ["2", "1"])
        #expect(try await mlflow.versions(of: "once").last?.tags == tags)
    }

    @Test func anAliasMovesAndIsReadBack() async throws {
        #expect(try await mlflow.version(ofAlias: "champion", model: "moving") == nil, "no such model")
        for number in 1...2 {
            _ = try await mlflow.register(
                model: "moving", source: "s3://models/m", runID: nil, tags: ["t": "\(number)"], attemptTag: "t")
        }
        #expect(try await mlflow.version(ofAlias: "champion", model: "moving") == nil, "no such alias")
        for version in ["1", "2", "2"] {
            try await mlflow.setAlias("champion", of: "moving", to: version)
            #expect(try await mlflow.version(ofAlias: "champion", model: "moving") == version)
        }
        #expect(try await mlflow.versions(of: "moving").first?.aliases == ["champion"])
    }

    @Test func anExperimentIsMadeOnceByAllThatWantIt() async throws {
        try await withThrowingTaskGroup { group in
            for _ in 1...4 { group.addTask { [mlflow] in try await mlflow.ensureExperiment("wanted") } }
            try await group.waitForAll()
        }
    }

    @Test func aStageIsKeptInStep() async throws {
        for number in 1...2 {
            _ = try await mlflow.register(
                model: "staged", source: "s3://models/m", runID: nil, tags: ["t": "\(number)"], attemptTag: "t")
            try await mlflow.setStage("Production", of: "staged", version: "\(number)")
        }
        #expect(try await mlflow.versions(of: "staged").map(\.stage) == ["Production", "Archived"])
    }

    @Test func whatIsWrittenBesideAModelIsReadAndTakenAway() async throws {
        #expect(try await mlflow.tags(ofModel: "tagged").isEmpty, "no such model")
        try await mlflow.ensureModel("tagged")
        #expect(try await mlflow.tags(ofModel: "tagged").isEmpty)
        for value in ["first", "a second one"] {
            try await mlflow.setTag("espalier.lease", to: value, ofModel: "tagged")
            #expect(try await mlflow.tags(ofModel: "tagged") == ["espalier.lease": value])
        }
        try await mlflow.deleteTag("espalier.lease", ofModel: "tagged")
        #expect(try await mlflow.tags(ofModel: "tagged").isEmpty)
        let error = await #expect(throws: RegistryError.self) {
            try await mlflow.setTag("a", to: "b", ofModel: "untagged")
        }
        #expect(error?.isAbsence == true)
    }

    @Test func aModelThatDoesNotExistHasNoVersions() async throws {
        #expect(try await mlflow.versions(of: "nothing").isEmpty)
    }

    @Test func aRefusalSaysWhatTheServerSaid() async throws {
        let error = await #expect(throws: RegistryError.self) {
            try await mlflow.setAlias("champion", of: "nothing", to: "1")
        }
        #expect(
            error?.mayPass == false && error?.description.contains("nothing") ?? false, "\(String(describing: error))")
    }
}

@Test func aServerThatIsNotThereMayComeBack() async {
    let mlflow = MLflow(url: "http://127.0.0.1:1")
    let error = await #expect(throws: RegistryError.self) { try await mlflow.version(ofAlias: "a", model: "m") }
    #expect(error?.mayPass == true)
    #expect(await !mlflow.isReady())
}
