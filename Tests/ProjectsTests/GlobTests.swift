import Projects
import Testing

@Suite struct GlobTests {
    @Test(arguments: [
        ("main", "main", true), ("main", "mainly", false), ("release/*", "release/1", true),
        ("release/*", "release/1/2", false),
        ("release/**", "release/1/2", true), ("release/**", "release", false), ("**", "a/b", true),
        ("f?x", "fix", true),
        ("f?x", "f/x", false), ("*/x", "a/x", true), ("a**z", "a/b/z", true), ("", "", true), ("*", "", true),
    ])
    func aPatternMatches(pattern: String, text: String, fits: Bool) {
        #expect(Glob(pattern).matches(text) == fits)
    }

    @Test(arguments: [
        ("main", "main", true), ("main", "release/**", false), ("release/**", "release/1.*", true), ("a*", "*b", true),
        ("a*", "b*", false), ("**", "x/y", true), ("*/a", "a/*", true), ("*", "a/b", false), ("?", "**", true),
        ("a/*/c", "a/b/**", true),
    ])
    func patternsOverlapExactlyWhenSomeTextFitsBoth(left: String, right: String, overlap: Bool) {
        #expect(Glob(left).overlaps(Glob(right)) == overlap)
        #expect(Glob(right).overlaps(Glob(left)) == overlap)
    }

    @Test(arguments: [
        ("src/**", "src", true), ("src/a.txt", "src", true), ("**", "", true), ("*.cfg", "", false),
        ("a/b/*.py", "a/b", false), ("a/*/c/**", "a", false), ("README.md", "", true), ("a/**/b", "a", false),
    ])
    func aPatternKnowsTheFolderThatItLooksInto(pattern: String, folder: String, isOne: Bool) {
        #expect(Glob(pattern).folder == folder && Glob(pattern).isOneObject == isOne)
    }

    /// The walk over pairs of states must agree with trying every short text.
    @Test func overlapAgreesWithTryingAllShortTexts() {
        let pieces = ["a", "/", "*", "**", "?"]
        let patterns = pieces + pieces.flatMap { x in pieces.map { x + $0 } }
        let letters = ["a", "b", "/"]
        var texts = [""]
        for _ in 0..<4 { texts += texts.flatMap { text in letters.map { text + $0 } } }
        let all = Array(Set(texts))
        let fits = Dictionary(
            uniqueKeysWithValues: Set(patterns).map { p in (p, Set(all.filter { Glob(p).matches($0) })) })
        for (left, a) in fits {
            for (right, b) in fits where !a.isDisjoint(with: b) != Glob(left).overlaps(Glob(right)) {
                Issue.record("\(left) and \(right): tried \(!a.isDisjoint(with: b))")
            }
        }
    }
}
