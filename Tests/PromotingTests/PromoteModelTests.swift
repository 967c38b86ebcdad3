@testable import Promoting
import Fixtures
import Foundation
import Home
import Plans
import Projects
import Registry
import Runs
import Store
import Synchronization
import Testing

@Suite struct PromoteModelTests {
    @Test func theAliasMovesOnceAndTheLedgerSaysWhy() async throws {
        let release = try await Release()
        let result = try await release.promote()
        #expect(result.outcome == .passed && result.values["verdict"] == "promoted")
        #expect(try await release.promote().values == result.values)
        #expect(release.registry.state.withLock { $0.moves.filter { $0 == "1" }.count } == 2)  // candidate and champion
        #expect(release.registry.state.withLock { $0.aliases } == ["challenger": "1", "champion": "1"])
        let decision = try #require(try await release.store.decisions().first)
        #expect(try await release.store.decisions().count == 1)
        #expect(decision.appliedAt != nil && decision.voided == nil)
        let kept = release.home.evidence + "/\(decision.body.evidenceSHA256 ?? "").csv"
        #expect(try String(contentsOfFile: kept, encoding: .utf8) == Release.evidence())
        // The lease is released; the model belongs to this ledger.
        #expect(release.registry.state.withLock { $0.tags.keys.sorted() } == ["espalier.ledger"])
    }

    @Test func aDecisionIsWrittenBeforeItsMove() async throws {
        let release = try await Release()
        release.registry.state.withLock { $0.lostRequests = 2 }
        await #expect(throws: RegistryError.self) { try await release.promote() }
        let decision = try #require(try await release.store.decisions().first)
        #expect(decision.appliedAt == nil)
        #expect(release.registry.state.withLock { $0.aliases["champion"] } == nil)

        #expect(try await release.applyAgain().outcome == .passed)
        #expect(release.registry.state.withLock { $0.aliases["champion"] } == "1")
        #expect(try await release.store.decisions().map(\.id) == [decision.id])
    }

    @Test func aMoveWhoseAnswerWasLostIsNotMadeAgain() async throws {
        let release = try await Release()
        let before = release.registry.state.withLock { state in
            state.lostAnswers = 2
            return state.moves.count
        }
        await #expect(throws: RegistryError.self) { try await release.promote() }
        let moves = release.registry.state.withLock(\.moves)
        // The client itself tries twice to set an alias.
        #expect(moves.count == before + 2)
        #expect(try await release.applyAgain().outcome == .passed)
        #expect(release.registry.state.withLock(\.moves) == moves)
        #expect(try await release.store.decisions().first?.appliedAt != nil)
    }

    @Test func anAliasThatSomebodyMovedMeanwhileVoidsTheMove() async throws {
        let release = try await Release(champion: 1)
        // After the decision was made, before the alias is moved.
        release.registry.state.withLock { $0.afterRead = { $0.aliases["champion"] = "7" } }
        let result = try await release.promote()
        guard case .refused(let reason) = result.outcome else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains("has been moved to 7 meanwhile"))
        #expect(release.registry.state.withLock { $0.aliases["champion"] } == "7")
        #expect(try await release.store.decisions().first?.voided == reason)
        // And it stays void.
        release.registry.state.withLock { $0.aliases["champion"] = "1" }
        _ = try await release.applyAgain()
        #expect(release.registry.state.withLock { $0.aliases["champion"] } == "1")
    }

    @Test func evidenceAgainstAnEarlierChampionDecidesNothing() async throws {
        let release = try await Release(champion: 1)
        release.registry.state.withLock { $0.aliases["champion"] = "7" }
        #expect(try await release.promote().refusal?.hasPrefix("the incumbent changed from 1 to 7") == true)
        #expect(try await release.store.decisions().isEmpty)
    }

    @Test func anotherDaemonsLeaseHoldsUntilItEnds() async throws {
        let release = try await Release()
        func lease(until: Date) -> String { Lease(holder: "another", until: until, host: "ward-2").text }
        release.registry.state.withLock { $0.tags[Lease.tag] = lease(until: Date().addingTimeInterval(60)) }
        await #expect(throws: LeaseHeld.self) { try await release.promote() }
        #expect(release.registry.state.withLock { $0.aliases["champion"] } == nil)
        release.registry.state.withLock { $0.tags[Lease.tag] = lease(until: Date().addingTimeInterval(-1)) }
        #expect(try await release.applyAgain().outcome == .passed)
        #expect(release.registry.state.withLock { $0.aliases["champion"] } == "1")
    }

    @Test func aModelOfAnotherLedgerIsNotPromoted() async throws {
        let release = try await Release()
        release.registry.state.withLock { $0.tags[OtherLedger.tag] = "another" }
        await #expect(throws: OtherLedger.self) { try await release.promote() }
        #expect(release.registry.state.withLock { $0.aliases["champion"] } == nil)
        #expect(try await release.store.decisions().isEmpty)
        // Handed over: the next move makes it ours.
        release.registry.state.withLock { $0.tags[OtherLedger.tag] = nil }
        #expect(try await release.promote().outcome == .passed)
        #expect(release.registry.state.withLock { $0.tags[OtherLedger.tag] } != nil)
    }

    @Test func aMoveOfAModelThatWasHandedOverIsVoid() async throws {
        let release = try await Release(approvals: 1)
        _ = try await release.promote()
        let decision = try #require(try await release.store.decisions().first)
        _ = try await release.store.approve(decision, by: "Ada", project: release.run.project, at: Date())
        release.registry.state.withLock { $0.tags[OtherLedger.tag] = "another" }
        let refusal = try await release.promoter.apply(decision, release.run.plan.settings.registry).refusal
        #expect(refusal?.contains("decided by the ledger of another daemon, another") == true)
        #expect(try await release.store.decisions().first?.voided == refusal)
    }

    /// CASES: P1
    @Test func whatTheLedgerMadeChampionDecidesWhatAChallengerIsComparedWith() async throws {
        let release = try await Release()
        _ = try await release.promote()
        let settings = release.run.plan.settings.registry
        #expect(try await release.promoter.incumbent(settings, of: release.run) == "1")
        for alias in [nil, "7"] {
            release.registry.state.withLock { $0.aliases["champion"] = alias }
            let error = await #expect(throws: DaemonError.self) {
                try await release.promoter.incumbent(settings, of: release.run)
            }
            #expect(error?.description.contains("espalier rollback risk --to 1") == true)
        }
    }

    /// CASES: P1
    @Test func aFiresModelIsKeptOnceAsItWasVerified() async throws {
        let release = try await Release(files: ["m-1/MLmodel": "flavors: {}\n", "m-1/data/model.pkl": "weights"])
        _ = try await release.promote()
        let pinned = PinnedVersion(model: "risk", version: "1")
        let folder = try #require(try await release.promoter.folder(of: pinned))
        func problem(isVerified: Bool = false) async throws -> String? {
            try await release.promoter.problem(of: pinned, for: release.run, isVerified: isVerified)
        }
        #expect(try await problem() == nil)
        let file = folder + "/data/model.pkl"
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "weights")
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o444)
        // Whoever changes the kept files changes nothing that a fire uses.
        try FileManager.default.removeItem(atPath: file)
        try Data("others".utf8).write(to: URL(fileURLWithPath: file))
        #expect(try await problem() == nil)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "weights")
        // A later step of the run finds it again, and asks no server while it is there.
        release.registry.state.withLock { $0.files["m-1/data/model.pkl"] = "others" }
        #expect(try await problem(isVerified: true) == nil)
        #expect(try await problem()?.contains("not those that were registered: data/model.pkl") == true)
        #expect(release.home.removeModels(unusedSince: Date().addingTimeInterval(60)) == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: release.home.models).isEmpty)
    }

    @Test func aFileThatLeadsOutOfTheKeptFolderIsRefused() async throws {
        let release = try await Release(files: [
            "m-1/MLmodel": "flavors: {}\n", "m-1/../escaped": "weights", "escaped": "weights",
        ])
        _ = try await release.promote()
        await #expect(throws: RegistryError.self) {
            try await release.promoter.problem(
                of: PinnedVersion(model: "risk", version: "1"), for: release.run, isVerified: false)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: release.home.models).isEmpty)
    }

    @Test func aDecisionThatWaitsForAPersonMovesNothing() async throws {
        let release = try await Release(approvals: 1)
        #expect(try await release.promote().said.last?.hasPrefix("waits for 1 more to approve it") == true)
        #expect(release.registry.state.withLock { $0.aliases["champion"] } == nil)
        let decision = try #require(try await release.store.decisions().first)
        _ = try await release.store.approve(decision, by: "Ada", project: release.run.project, at: Date())
        #expect(try await release.promoter.apply(decision, release.run.plan.settings.registry).outcome == .passed)
        #expect(release.registry.state.withLock { $0.aliases["champion"] } == "1")
    }

    @Test func filesThatChangedSinceTheyWereRegisteredAreNotPromoted() async throws {
        let release = try await Release(files: ["m-1/MLmodel": "flavors: {}\n", "m-1/model.pkl": "weights"])
        release.registry.state.withLock { $0.files["m-1/model.pkl"] = "others" }
        #expect(try await release.promote().refusal?.contains("not those that were registered: model.pkl") == true)
        release.registry.state.withLock { $0.files["m-1/model.pkl"] = "weights" }
        #expect(try await release.promote().outcome == .passed)
    }

    @Test func aVersionThatSomebodyMadeAnewIsNotPromoted() async throws {
        let release = try await Release()
        release.registry.state.withLock { $0.versions[0].tags["espalier.run"] = "99" }
        #expect(try await release.promote().refusal?.contains("somebody has created it again") == true)
    }

    @Test func aVersionIsRegisteredOnceHoweverOftenItIsAsked() async throws {
        let release = try await Release()
        let reference = try #require(Reference("${steps.train.outputs.model_uri}"))
        let again = try await ModelRegistrar(registry: release.registry.client, home: release.home).register(
            reference, step: release.step("register"), of: release.run, progress: release.progress())
        #expect(again.values["version"] == "1")
        #expect(release.registry.state.withLock { $0.versions.count } == 1)
    }
}

/// Only a file of the run counts as evidence that a step left.
@Suite struct LeftEvidenceTests {
    private func expectRefused(_ release: Release, _ problem: String, training: Reference? = nil) async throws {
        let refusal = try #require(try await release.promote(training: training).refusal)
        #expect(refusal.contains(problem))
        #expect(try await release.store.decisions().isEmpty)
        #expect(release.registry.state.withLock { $0.aliases["champion"] } == nil)
    }

    /// CASES: S10
    @Test func evidenceThatIsALinkIsNotFollowed() async throws {
        let release = try await Release()
        let secret = try release.folder.write("home/keys/secret", Release.evidence())
        let path = release.outputs + "/evidence.csv"
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: secret)
        try await expectRefused(release, "score/1/outputs/evidence.csv is a symbolic link")
        #expect(try FileManager.default.contentsOfDirectory(atPath: release.home.evidence).isEmpty)
    }

    /// CASES: S10. A value may be any text, so also the path of another file.
    @Test func evidenceOutsideTheRunIsNotRead() async throws {
        let elsewhere = try TemporaryFolder()
        let secret = try elsewhere.write("secret", Release.evidence())
        try await expectRefused(Release(values: ["evidence": secret]), "is not below the step's folder")
    }

    /// CASES: S9
    @Test func evidenceThatIsTooLargeIsNotRead() async throws {
        let release = try await Release()
        #expect(truncate(release.outputs + "/evidence.csv", 20 << 30) == 0)
        try await expectRefused(release, "score/1/outputs/evidence.csv is larger than 512 MiB")
    }

    /// CASES: S10
    @Test func trainingIDsThatAreALinkAreNotFollowed() async throws {
        let release = try await Release()
        let secret = try release.folder.write("home/keys/secret", "1\n2\n")
        let path = release.outputs + "/ids"
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: secret)
        try await expectRefused(
            release, "ids is a symbolic link", training: Reference("${steps.score.outputs.ids}"))
    }
}

extension StepResult {
    fileprivate var refusal: String? {
        if case .refused(let reason) = outcome { reason } else { nil }
    }
}
