import Projects
import Testing

@Suite struct DifferenceTests {
    @Test func keysThatDifferHaveBothValuesAndPlaces() throws {
        let project = try read([
            "environments/project.yml": "config: { a: 1, b: [1, 2], c: x }\n",
            "environments/dev.yml": "branches: [dev]\nconfig: { a: 2, c: null }\n",
            "environments/prod.yml": "branches: [prod]\nconfig: { b: [1, 3] }\n",
        ])
        let sides = ["dev", "prod"].compactMap { project.environment(named: $0)?.resolved }
        let found = differences(sides[0], sides[1])
        #expect(found.map(\.key) == ["branches", "config.a", "config.b", "config.c"])
        #expect(found[1].left?.value == "2" && found[1].right?.value == "1")
        #expect(found[1].left?.origin.description == "environments/dev.yml:2:14")
        #expect(found[1].right?.origin.file == "environments/project.yml")
        #expect(found[3].left == nil && found[3].right?.value == "\"x\"")
        #expect(differences(sides[0], sides[0]).isEmpty)
    }
}
