import Foundation
import Projects
import Testing

@Suite struct PlainTextTests {
    /// CASES: S15.
    @Test(arguments: [
        ("\u{1b}[2J", "\\u{1b}[2J"), ("a\rb", "a\\u{d}b"), ("\u{9b}31m", "\\u{9b}31m"), ("a\u{202e}b", "a\\u{202e}b"),
        ("a\u{2028}b", "a\\u{2028}b"), ("a\u{7f}\u{0}", "a\\u{7f}\\u{0}"), ("\u{feff}x", "\\u{feff}x"),
    ])
    func whatATerminalObeysIsShownInstead(text: String, shown: String) { #expect(plainText(text) == shown) }

    @Test func linesStayLinesExceptInNames() {
        #expect(plainText("a\n\tb") == "a\n\tb")
        #expect(plainText("a\n\tb", isOneLine: true) == "a\\u{a}\\u{9}b")
    }

    @Test(arguments: ["plain", "Ä ö ß 日本語", "👩‍🔬", "می‌خواهم", ""])
    func textIsShownAsItIs(text: String) { #expect(plainText(text, isOneLine: true) == text) }

    @Test func jsonKeepsItsValue() throws {
        let text = "a\u{1b}\u{202e}\u{e0001}\nb"
        let json = String(decoding: try JSONEncoder().encode([text]), as: UTF8.self)
        let plain = plainJSON(json)
        #expect(plain.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
        #expect(try JSONDecoder().decode([String].self, from: Data(plain.utf8)) == [text])
    }

    @Test func aProblemIsOneLineWhateverItsFileIsCalled() {
        let problem = Problem("it is wrong", at: Mark(file: "a\nb\u{1b}.yml", line: 1, column: 2), key: "k")
        #expect(problem.description == "a\\u{a}b\\u{1b}.yml:1:2: k: it is wrong")
    }
}
