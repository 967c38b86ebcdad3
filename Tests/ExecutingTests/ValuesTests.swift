@testable import Executing
import Fixtures
import Foundation
import Home
import Minding
import Testing

/// What a step may write to `$ESPALIER_OUTPUT`.
@Suite struct ValuesTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func values() throws -> [String: String] { try readValues(in: StepFolder(folder.path)) }

    @Test func linesAreReadAsCIUsersKnowThem() throws {
        _ = try folder.write("output", "a=1\nb=x=y\nnothing\n=empty\nc=\n")
        #expect(try values() == ["a": "1", "b": "x=y", "c": ""])
    }

    @Test func noFileIsNoValues() throws { #expect(try values() == [:]) }

    // CASES: S9
    @Test func tooMuchIsTheStepsFailureNamed() throws {
        let path = try folder.write("output", "")
        #expect(truncate(path, 20 << 30) == 0)
        #expect(throws: MalformedValues.self) { try values() }
        _ = try folder.write("output", (0..<50_000).map { "k\($0)=v\n" }.joined())
        let error = #expect(throws: MalformedValues.self) { try values() }
        #expect(error?.description.contains("50000 values") ?? false)
        _ = try folder.write("output", "big=" + String(repeating: "x", count: 2 << 20))
        #expect(throws: MalformedValues.self) { try values() }
    }

    // CASES: S10
    @Test func aLinkIsNotFollowed() throws {
        let secret = try folder.write("secret", "key=hidden\n")
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/output", withDestinationPath: secret)
        #expect(throws: LeftFileError.link("output")) { try values() }
    }

    // CASES: S9
    @Test func aFifoKeepsNobodyWaiting() throws {
        #expect(mkfifo("\(folder.path)/output", 0o600) == 0)
        #expect(throws: LeftFileError.notRegular("output")) { try values() }
    }
}
