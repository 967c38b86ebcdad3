import Changes
import Digests
import Foundation
import Notices
import Projects
import Runs
import Schedules
import Testing

@testable import Store

/// What is stored stays readable: a line of `Golden/TYPE.FORMAT.jsonl` is a value as some version has stored it, and the
/// same line of every format is the same value. Files are only added and lengthened.
@Suite struct GoldenTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    func lines(_ name: String) throws -> [String] {
        try String(contentsOf: Self.folder.appending(path: "\(name).jsonl"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    static let types: [any (Codable & Hashable & Sendable).Type] = [
        StepFact.self, ChangeFact.self, SkipReason.self, Deed.self, ForgeMessage.self, KeptResult.self, Notice.self,
        PlanningRecord.self, Channel.Way.self,
    ]

    @Test(arguments: types.indices) func everyFormatIsReadAndTheLatestIsWritten(_ index: Int) throws {
        try check(Self.types[index])
    }

    func check<Value: Codable & Hashable>(_ type: Value.Type) throws {
        let (old, new) = (try lines("\(type).1"), try lines("\(type).2"))
        #expect(old.count == new.count)
        for (old, new) in zip(old, new) {
            let value = try Stored.value(Value.self, from: new)
            #expect(try Stored.value(Value.self, from: old) == value)
            #expect(try Stored.text(value) == new)
        }
    }

    @Test func aFactOfANewerFormatIsNotGuessedAt() {
        #expect(throws: DecodingError.self) {
            try Stored.value(StepFact.self, from: #"{"format":3,"kind":"retried"}"#)
        }
        #expect(throws: DecodingError.self) { try Stored.value(StepFact.self, from: #"{"format":2,"kind":"eaten"}"#) }
    }

    /// The hash chain covers the bytes of a decision, so a newer version must write the same bytes.
    @Test func decisionsAreWrittenByteForByteAsEver() throws {
        for line in try lines("DecisionBody.1") {
            let text = try Stored.text(try Stored.value(DecisionBody.self, from: line))
            #expect(text == line)
        }
    }
}
