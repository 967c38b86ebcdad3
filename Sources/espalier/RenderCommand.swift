import ArgumentParser
import Foundation
import Reading
import Terraform

struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Write an environment's configuration for another system.",
        subcommands: [RenderTerraform.self])
}

struct RenderTerraform: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "terraform",
        abstract:
            "Write an environment's jobs, compute, schedules and service principal as Terraform JSON for Databricks.",
        discussion: """
            Writes espalier.tf.json and run_step.py, which its tasks run, into a folder of the project. What a Databricks job
            cannot say is told on standard error. docs/starting.md says what was validated.
            """)

    @Argument(help: "Name of the environment.") var environment: String
    @Option(help: "Folder for the files, inside the project's. Default: terraform/ENVIRONMENT. `-` prints the JSON.")
    var output: String?
    @OptionGroup var project: ProjectFolder

    func run() throws {
        let tree = try WorkingTree(project.folder)
        let read = try tree.project()
        let folder = output == "-" ? nil : output ?? "terraform/\(environment)"
        if let folder, folder.hasPrefix("/") || folder.split(separator: "/").contains("..") {
            throw Complaint(
                description:
                    "--output \(folder): name a folder inside the project, because jobs read run_step.py from its commit"
            )
        }
        let rendering = try renderTerraform(
            read, read.known(environment), runner: "\(folder ?? "terraform/\(environment)")/run_step.py")
        for remark in rendering.remarks { StandardError.write("\(remark)\n") }
        let text = rendering.text
        guard let folder else { return print(text, terminator: "") }
        let path = "\(tree.folder)/\(folder)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard let runner = FileManager.default.contents(atPath: "\(installedFiles)/run_step.py") else {
            throw Complaint(
                description:
                    "\(installedFiles)/run_step.py is missing: it is installed with this program; copy it as well")
        }
        for (name, text) in [("espalier.tf.json", text), ("run_step.py", String(decoding: runner, as: UTF8.self))] {
            try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
            print("wrote \(folder)/\(name)")
        }
    }
}
