import ProjectFiles
import Projects
import Templates
import Testing

private func edited(_ text: String, _ edits: YAMLEdit...) throws -> String {
    try edit(text, parseYAML(Array(text.utf8), file: "t.yml"), edits)
}

@Suite struct EditYAMLTests {
    @Test(arguments: [
        ("a: 1   # why\nb: 2\n", "a: x   # why\nb: 2\n"),
        ("a: \"one \\\" two\"  # c\n", "a: x  # c\n"),
        ("a: 'it''s'\nb: 1\n", "a: x\nb: 1\n"),
        ("a: ''", "a: x"),
        ("a: [1, { b: \"]\" }, 2] # c\n", "a: x # c\n"),
        ("# ü 🌍\na: {\n  b: 1,\n  c: 2 }\n", "# ü 🌍\na: x\n"),
    ])
    func aValueIsReplacedWhereItStands(_ text: String, _ expected: String) throws {
        #expect(try edited(text, YAMLEdit("a", to: "x")) == expected)
    }

    @Test func aValueInsideFlowAndBlockMapsIsFound() throws {
        let text = "on:\n  change: { target: main, environment: dev }  # c\n"
        let edit = YAMLEdit("on", "change", "target", to: "trunk")
        #expect(try edited(text, edit) == "on:\n  change: { target: trunk, environment: dev }  # c\n")
    }

    @Test func aNewKeyComesAfterTheFirstOfItsMap() throws {
        let text = "config:\n  dataset: a   # of these\n  model: { c: 1 }\n"
        let edit = YAMLEdit("config", "births", to: "/x")
        #expect(try edited(text, edit) == "config:\n  dataset: a   # of these\n  births: /x\n  model: { c: 1 }\n")
    }

    @Test func severalEditsDoNotDisturbEachOther() throws {
        let text = "a: 1\nb:\n  c: 2\nd: 3\n"
        let done = try edited(
            text, YAMLEdit("d", to: "long text"), YAMLEdit("a", to: "longer text"), YAMLEdit("b", "e", to: "5"))
        #expect(done == "a: longer text\nb:\n  c: 2\n  e: 5\nd: long text\n")
    }

    @Test func whatCannotBeEditedIsRefusedWithItsKey() throws {
        for (text, path) in [("a:\n  - 1\n  - 2\n", ["a"]), ("a: |\n  x\n", ["a"]), ("a: 1\n", ["b", "c"])] {
            let edit = path.count == 1 ? YAMLEdit(path[0], to: "x") : YAMLEdit(path[0], path[1], to: "x")
            let problem = #expect(throws: Problem.self) { try edited(text, edit) }
            #expect(problem?.key == path.joined(separator: "."))
        }
    }
}
