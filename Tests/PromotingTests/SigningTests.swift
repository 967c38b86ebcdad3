@testable import Promoting
import Digests
import Fixtures
import Foundation
import Home
import Testing

@Suite struct SigningTests {
    private func file(_ path: String, _ content: String = "") -> FileDigest {
        FileDigest(path: path, sha256: sha256(content))
    }

    @Test func filesThatDifferAreNamedByTheirBytes() {
        let stated = [file("MLmodel", "a"), file("caf\u{e9}", "b"), file("gone")]
        #expect(differences(stated, stated.reversed()).isEmpty)
        #expect(
            differences(stated, [file("MLmodel", "c"), file("cafe\u{301}", "b"), file("more")]).map { Array($0.utf8) }
                == ["MLmodel", "cafe\u{301}", "caf\u{e9}", "gone", "more"].map { Array($0.utf8) })
    }

    /// In the order of pathlib, part by part, and without what model_signing ignores only at the top.
    @Test func aModelIsSignedInModelSigningsOrder() {
        let names = [
            "b", "a-b/x", "a/b/c", "a/b", "A", ".git/config", "a/.git/x", "model.sig", "a/model.sig", ".gitignore2",
            "registered_model_meta",
        ]
        let statement = ModelStatement(of: "risk", names.map { file($0, $0) })
        #expect(
            statement.predicate.resources.map(\.name) == [
                ".gitignore2", "A", "a/.git/x", "a/b", "a/b/c", "a/model.sig", "a-b/x", "b",
            ])
    }

    @Test func aSignatureIsOfOneKeyAndOneModel() throws {
        let (key, files) = (SigningKey(.p256), ModelStatement(of: "risk", [file("MLmodel", "a")]))
        let text = try canonicalJSON(ModelSignature(signing: files, with: key))
        let read = try JSONDecoder().decode(ModelSignature.self, from: text)
        #expect(read.states(files, signedBy: key))
        #expect(!read.states(files, signedBy: SigningKey(.p256)))
        #expect(!read.states(ModelStatement(of: "risk", [file("MLmodel", "b")]), signedBy: key))
        #expect(!read.states(ModelStatement(of: "other", [file("MLmodel", "a")]), signedBy: key))
    }

    @Test func aFileThatIsMadeOnceIsForNobodyElseAndStays() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/key"
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<20 { group.addTask { try makeOnce(path) { "\(number)" } } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(texts.count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["key"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(throws: DaemonError.self) { try makeOnce("\(folder.path)/no/such/folder") { "" } }
    }
}

@Suite struct LeaseTests {
    let lease = Lease(holder: "0123456789ab", until: Date(timeIntervalSince1970: 1_795_600_000), host: "ward-1")

    @Test func aLeaseIsReadAsItWasWritten() {
        #expect(lease.text == "0123456789ab 2026-11-25T09:46:40Z ward-1")
        #expect(Lease(tag: lease.text) == lease)
    }

    @Test(arguments: [nil, "", "0123456789ab", "0123456789ab soon ward-1", "0123456789ab 2026-11-25T09:46:40Z"])
    func whatIsNoLeaseHoldsNothing(tag: String?) {
        #expect(Lease(tag: tag) == nil)
    }

    @Test func aLeaseHoldsUpOthersUntilItEnds() {
        let before = lease.until.addingTimeInterval(-1)
        #expect(lease.holdsUp("another", at: before))
        #expect(!lease.holdsUp(lease.holder, at: before))
        #expect(!lease.holdsUp("another", at: lease.until))
    }
}
