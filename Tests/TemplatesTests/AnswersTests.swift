import Foundation
import ProjectFiles
import Projects
@testable import Templates
import Testing

private let small = Template(files: [
    "environments/project.yml": Array(
        "name: hrob  # the name\ndefault_branch: main\nconfig:\n  dataset: bwght2\ndatasets:\n  births: { version: w 1 }\nregistry:\n  server: embedded\n  model: m\n"
            .utf8),
    "environments/staging.yml": Array("branches: [\"main\"]\n".utf8),
    "environments/prod.yml": Array("branches: [\"release/**\"]\n".utf8),
    "pipelines/change.yml": Array("on:\n  change: { target: main, environment: dev }\n".utf8),
    "pipelines/requirements.txt": Array("a==1\nmlflow-skinny==3.17.2 # c\n".utf8),
])

private func answers(_ yaml: String, of template: Template = small, folder: String = "birthdays") throws -> Answers {
    try Answers(parseYAML(Array(yaml.utf8), file: "a.yml"), to: Question.all(of: template, folder: folder))
}

private func render(_ yaml: String) throws -> [String: String] {
    try small.render(answers(yaml), version: "9") { bytes, file throws(Problem) in try parseYAML(bytes, file: file) }
        .mapValues { String(decoding: $0, as: UTF8.self) }
}

@Suite struct AnswersTests {
    @Test func defaultsFollowTheFolder() throws {
        let found = try answers("")
        #expect(found.name == "birthdays" && found.model == "birthdays-risk" && found.defaultBranch == "main")
        #expect(found.forge == .none && found.births == nil && !found.spark)
        #expect(try answers("name: x").model == "x-risk")
        #expect(try answers("", folder: "no good name").name == "hrob")
    }

    @Test func everythingWrongIsToldAtOnceWithItsPlace() throws {
        let yaml = """
            name: "a b"
            modle: x
            default_branch: m*
            release_branches: release..
            registry: ftp://x
            data: births.csv
            spark: true
            feature_store: maybe
            forge: gitlba
            """
        let problems = try #require(#expect(throws: Problems.self) { try answers(yaml) }).all.map(\.description)
        for words in [
            "a.yml:2:1: modle: unknown key (did you mean 'model'?)", "a.yml:1:7: name: 'a b' is not a valid name",
            "default_branch: 'm*' is a pattern", "release_branches: 'release..' cannot name a branch",
            "registry: 'ftp://x' is neither embedded nor a URL",
            "data: 'births.csv' is neither packaged nor an absolute",
            "spark: this template has no Spark code", "feature_store: 'maybe' is neither true nor false",
            "forge: 'gitlba' is not one of none, github, gitlab, gitea, azure-devops: did you mean 'gitlab'?",
        ] {
            #expect(problems.contains { $0.contains(words) }, "\(words) in \(problems)")
        }
    }

    @Test func releaseBranchesMayNotCoverTheDefaultBranch() {
        let problems = #expect(throws: Problems.self) { try answers("release_branches: '**'") }
        #expect(problems?.description.contains("'**' covers the default branch 'main'") == true)
    }

    @Test func aTemplateWithTheCodeTakesTheAnswer() throws {
        var files = small.files
        #expect(try !answers("").featureStore)
        files["pipelines/hrob/store.py"] = []
        let template = Template(files: files)
        #expect(try answers("", of: template).featureStore, "what it has is used")
        let edits = template.edits(try answers("feature_store: false", of: template))
        let edit = try #require(edits["environments/project.yml"]?.first { $0.path == ["config", "feature_store"] })
        #expect(edit.value == "false")
    }
}

@Suite struct RenderTests {
    @Test func defaultsLeaveTheFilesAsTheyAre() throws {
        let files = try render("name: hrob\nmodel: m")
        for (path, bytes) in small.files { #expect(files[path] == String(decoding: bytes, as: UTF8.self)) }
        #expect(Set(files.keys).subtracting(small.files.keys) == ["README.md", ".gitignore", ".espalier-template"])
    }

    @Test func answersGoWhereTheyAreRead() throws {
        let files = try render(
            "name: care\ndefault_branch: trunk\nrelease_branches: rel/*\nregistry: https://m.example.org\ndata: /srv/b.csv\n"
        )
        let project = try #require(files["environments/project.yml"])
        #expect(
            project
                == "name: care  # the name\ndefault_branch: trunk\nconfig:\n  dataset: natality2014\n  births: /srv/b.csv\ndatasets:\n  births: /srv/b.csv\nregistry:\n  server: \"https://m.example.org\"\n  model: care-risk\n"
        )
        #expect(files["environments/staging.yml"] == "branches: [\"trunk\"]\n")
        #expect(files["environments/prod.yml"] == "branches: [\"rel/*\"]\n")
        #expect(files["pipelines/change.yml"]?.contains("target: trunk,") == true)
    }

    @Test func theRecordReadsAsTheSameAnswers() throws {
        let yaml = "name: \"1\"\nmodel: \"null\"\ndata: /srv/a b.csv\nforge: gitea\n"
        let record = try #require(try render(yaml)[Template.record])
        let node = try parseYAML(Array(record.utf8), file: Template.record)
        #expect(node["espalier"]?.text == "9")
        let again = try Answers(try #require(node["answers"]), to: Question.all(of: small, folder: "x"))
        #expect(try again == answers(yaml))
    }

    @Test(arguments: [
        ("github", ".github/workflows/espalier.yml"), ("gitea", ".gitea/workflows/espalier.yml"),
        ("gitlab", ".gitlab-ci.yml"), ("azure-devops", "azure-pipelines.yml"),
    ])
    func aForgeGetsItsFileAlone(_ forge: String, _ path: String) throws {
        let files = try render("forge: \(forge)\ndefault_branch: trunk")
        let text = try #require(files[path])
        #expect(text.contains("espalier validate") && text.contains("espalier run change") && text.contains("trunk"))
        _ = try parseYAML(Array(text.utf8), file: path)
        #expect(files.keys.filter { $0.hasPrefix(".git") && $0 != ".gitignore" || $0.hasPrefix("azure") } == [path])
    }

    @Test func theReadmeNamesTheServerThatFitsOnlyWhereItIsNeeded() throws {
        #expect(try render("")["README.md"]?.contains("pip install -q mlflow==3.17.2\n") == true)
        #expect(try render("registry: http://m")["README.md"]?.contains("mlflow==") == false)
        #expect(try render("release_branches: rel-*")["README.md"]?.contains("refs/heads/rel-1`") == true)
    }
}
