import ProjectFiles
import Projects
import Testing

@Suite struct ParseYAMLTests {
    func parse(_ text: String) throws -> Projects.Node { try parseYAML(Array(text.utf8), file: "environments/dev.yml") }

    func problem(_ bytes: [UInt8]?) -> Problem? {
        do {
            _ = try parseYAML(bytes, file: "environments/dev.yml")
            return nil
        } catch {
            return error
        }
    }

    @Test func everyValueKnowsItsLineAndColumn() throws {
        let node = try parse("branches:\n  - main\nconfig:\n  rows: 12\n")
        #expect(node["config"]?["rows"]?.mark == Projects.Mark(file: "environments/dev.yml", line: 4, column: 9))
        #expect(node["config"]?["rows"]?.integer == 12)
    }

    @Test func anchorsAndMergeKeysAreResolvedAndOwnKeysWin() throws {
        let node = try parse("base: &base {a: 1, b: 2}\nover:\n  <<: *base\n  b: 3\n")
        #expect(node["over"]?["a"]?.integer == 1)
        #expect(node["over"]?["b"]?.integer == 3)
    }

    @Test(arguments: [
        ("off", "off"), ("yes", "yes"), ("'true'", "true"), ("0644", "0644"), ("3.10", "3.10"), ("1e3", "1e3"),
    ])
    func wordsThatYAML11WouldTurnIntoTruthStayWords(written: String, read: String) throws {
        #expect(try parse("x: \(written)")["x"]?.text == read)
        #expect(try parse("x: \(written)")["x"]?.flag == nil)
    }

    @Test func bytesThatAreNotUTF8AreNamedByLine() {
        let found = problem(Array("a: 1\nb: ".utf8) + [0xff, 0x0a])
        #expect(found?.mark?.line == 2)
        #expect(found?.message == "the file is not UTF-8")
    }

    @Test func aHugeFileIsRefusedUnread() {
        #expect(problem(Array(repeating: 0x20, count: largestFile + 1))?.message == "the file is larger than 1 MiB")
        #expect(problem(nil)?.message == "the file is larger than 1 MiB")
    }

    @Test func anchorsThatMultiplyEachOtherAreRefused() {
        let bomb =
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + zip("bcdefg", "abcdef").map { name, last in
                "\(name): &\(name) [\(Array(repeating: "*\(last)", count: 10).joined(separator: ","))]\n"
            }.joined()
        #expect(problem(Array(bomb.utf8))?.message == "the file unfolds to too many values")
    }

    @Test(arguments: [
        ("a: 1\na: 2\n", "the key stands here twice: a"), ("a: [1, 2\n", "did not find expected"),
        ("a:\n\t- b\n", "cannot start any token"),
    ])
    func brokenYAMLIsExplained(text: String, message: String) {
        let found = problem(Array(text.utf8))
        #expect(found?.message.contains(message) ?? false, "\(String(describing: found))")
        #expect(found?.mark != nil)
    }

    @Test func anEmptyFileIsAnEmptyMap() throws {
        #expect(try parse("").entries.isEmpty)
    }

    @Test func filesOfOthersInPipelinesAreLeftAlone() throws {
        let sources = try readSources([
            "pipelines/feature_mappings.yml": Array("groups: {}".utf8),
            "pipelines/dev.yml": Array("on: {}\nsteps: {}".utf8), "README.md": Array("#".utf8),
        ])
        #expect(Array(sources.pipelines.keys) == ["dev"])
    }
}
