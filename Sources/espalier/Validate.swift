import Answering
import ArgumentParser
import Foundation
import Projects
import Reading

struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Check environments/ and pipelines/: every problem with its file, line, column and the nearest valid key. Valid settings that are most likely mistakes are warnings."
    )

    @Argument(help: "Folder with environments/ and pipelines/.") var folder = "."
    @OptionGroup var json: JSONFlag

    private struct Verdict: Encodable {
        let valid: Bool
        let environments: [String]
        let pipelines: [String]
        let problems: [Problem]
        let warnings: [Problem]
    }

    func run() throws {
        do {
            let project = try WorkingTree(folder).project()
            let environments = project.environments.map(\.name)
            let pipelines = project.pipelines.map(\.name)
            if json.json {
                return try printJSON(
                    Verdict(
                        valid: true, environments: environments, pipelines: pipelines, problems: [],
                        warnings: project.warnings))
            }
            for warning in project.warnings { print("warning: \(warning)") }
            print(
                "\(project.name) is valid: environments \(environments.joined(separator: ", ")); "
                    + "pipelines \(pipelines.joined(separator: ", "))")
        } catch let problems as Problems {
            if json.json {
                try printJSON(
                    Verdict(
                        valid: false, environments: [], pipelines: [], problems: problems.all, warnings: []))
            } else {
                print(problems)
            }
            throw ExitCode(1)
        }
    }
}
