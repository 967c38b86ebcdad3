import Fixtures
import Foundation
import Testing

@testable import Home

/// What every source of secrets does.
@Suite struct SecretTests {
    enum Kind: CaseIterable { case file, environment }

    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A reference to a secret of that value.
    private func reference(_ kind: Kind, _ value: String) throws -> String {
        switch kind {
        case .file: return try folder.write("secret", value)
        case .environment:
            let name = "ESPALIER_SECRET_" + UUID().uuidString.replacing("-", with: "")
            setenv(name, value, 1)
            return name
        }
    }

    @Test(arguments: Kind.allCases) func aSecretIsReadWhenItIsNeeded(_ kind: Kind) throws {
        #expect(try SecretSources.read(try reference(kind, "s3cr3t")).value == "s3cr3t")
    }

    @Test(arguments: Kind.allCases) func anEmptyOneIsAnErrorThatSaysWhere(_ kind: Kind) throws {
        let reference = try reference(kind, "")
        let error = #expect(throws: SecretError.self) { try SecretSources.read(reference) }
        #expect(error?.description.contains(reference) ?? false)
    }

    @Test(arguments: ["/nonexistent/secret", "ESPALIER_SECRET_THAT_NOBODY_SET"])
    func aMissingOneIsAnErrorThatSaysWhere(_ reference: String) {
        let error = #expect(throws: SecretError.self) { try SecretSources.read(reference) }
        #expect(error?.description.contains(reference) ?? false)
    }

    @Test(arguments: Kind.allCases) func aSecretIsNeverPrinted(_ kind: Kind) throws {
        let secret = try SecretSources.read(try reference(kind, "s3cr3t"))
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(describing: secret), String(reflecting: secret), dumped] {
            #expect(!text.contains("s3cr3t"))
        }
    }

    @Test func blanksAtTheEndsOfAFileAreNone() throws {
        #expect(try SecretSources.read(try folder.write("secret", " s3cr3t\n\n")).value == "s3cr3t")
    }

    @Test func whatIsNoSmallFileIsNoSecret() throws {
        #expect(throws: SecretError.self) { try SecretSources.read(folder.path) }
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        #expect(throws: SecretError.self) { try SecretSources.read(folder.path + "/pipe") }
        let large = try folder.write("large", String(repeating: "x", count: (64 << 10) + 1))
        #expect(throws: SecretError.self) { try SecretSources.read(large) }
    }

    @Test(arguments: ["", "not a name", "relative/path"]) func whatNamesNoSourceIsRefused(_ reference: String) {
        #expect(throws: SecretError.self) { try SecretSources.read(reference) }
    }
}
