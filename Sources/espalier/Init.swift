import ArgumentParser
import Events
import Foundation
import Projects
import Reading
import Starting
import Templates

/// The folder of resources installed beside this program.
var installedFiles: String { sibling("espalier_espalier.resources") }

/// Which template a project is created from.
struct TemplateOption: ParsableArguments {
    @Option(
        name: .customLong("template"),
        help: "Folder with environments/ and pipelines/ to start from. Default: the one installed beside this program.")
    var folder: String?

    func template() throws -> Template { try Template(folder: folder ?? installedFiles) }
}

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a project from a working example that trains and predicts, and change it step by step.",
        discussion: """
            Asks for names, branches, registry, data and forge, and writes the project as the first commit of a repository.
            It is valid, and its tests pass. Nothing is ever overwritten. docs/starting.md has every question.
            """)

    @Argument(help: "Folder of the project; new, empty, or a repository without commits.") var folder = "."
    @Option(help: "YAML file with answers. Questions without an answer get their defaults.") var answers: String?
    @Flag(help: "Take the defaults without asking.") var yes = false
    @Option(help: "Render this cookiecutter template instead (path or URL), into a new folder in FOLDER.") var from:
        String?
    @Option(help: "A Python with the package cookiecutter, for --from.") var python = "python3"
    @OptionGroup var template: TemplateOption
    @OptionGroup var json: JSONFlag

    private struct Report: Encodable {
        let folder: String
        let commit: String
    }

    func run() throws {
        if let from { return try render(from) }
        let starter = try ProjectStarter(folder, template: try template.template(), version: currentVersion)
        let answers = try found(by: starter.questions)
        let commit = try starter.start(answers).description
        let path = URL(fileURLWithPath: folder).standardizedFileURL.path
        if json.json { return try printJSON(Report(folder: path, commit: commit)) }
        print(
            "\(answers.name) is in \(path), at \(short(commit)) on \(answers.defaultBranch). README.md says what to do first."
        )
    }

    private func found(by questions: [Question]) throws -> Answers {
        if let answers { return try Answers(file: answers, to: questions) }
        let top = Mark(file: "the answers", line: 1, column: 1)
        if yes { return try Answers(Node(.map([]), at: top), to: questions) }
        guard isatty(STDIN_FILENO) == 1 else {
            throw ValidationError(
                "there is no terminal to ask questions on: give --answers FILE, or --yes for the defaults")
        }
        var given: [String: String] = [:]
        for question in questions { given[question.key] = try ask(question, given) }
        return try Answers(
            Node(.map(given.map { .init(key: $0.key, mark: top, value: Node(.string($0.value), at: top)) }), at: top),
            to: questions)
    }

    /// Asks until the answer is valid.
    private func ask(_ question: Question, _ given: [String: String]) throws -> String {
        let fallback = question.fallback(given)
        while true {
            print("\(question.text) [\(fallback)]: ", terminator: "")
            guard let line = readLine() else {
                throw Complaint(description: "the answers ended before '\(question.key)': nothing was written")
            }
            let answer = line.isEmpty ? fallback : line
            guard let complaint = question.complaint(answer) else { return answer }
            print("  \(complaint)")
        }
    }

    private func render(_ source: String) throws {
        let given = try answers.map { try Cookiecutter.answers(file: $0, for: source) }
        let made = try Cookiecutter(python: python).render(
            source, into: folder, answers: given ?? [:],
            asks: given == nil && !yes && isatty(STDIN_FILENO) == 1)
        for name in made {
            let path = URL(fileURLWithPath: folder).appendingPathComponent(name).standardizedFileURL.path
            print("rendered \(path)")
            guard let tree = try? WorkingTree(path) else { continue }
            print("\(try tree.project().name) is valid")
        }
    }
}

struct UpgradeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade",
        abstract: "Merge the template's changes into a project made by `espalier init`, by a three-way merge.",
        discussion: """
            The merge is left in the working tree: look at it, and `git commit`; `git merge --abort` undoes it. Files in which
            both sides changed the same lines have Git's conflict markers, and the exit code is 1. What you have not committed
            is never touched.
            """)

    @OptionGroup var project: ProjectFolder
    @OptionGroup var template: TemplateOption
    @OptionGroup var json: JSONFlag

    func run() throws {
        let upgrade = try ProjectUpgrader(
            project.folder, template: try template.template(), version: currentVersion
        ).upgrade()
        if json.json {
            try printJSON(upgrade)
        } else if upgrade.template == nil {
            print("The template has no changes.")
        } else if upgrade.conflicts.isEmpty {
            print(
                "Merged, but not committed: look at `git diff --cached`, then `git commit`; `git merge --abort` undoes it."
            )
        } else {
            print(
                "These files have conflicts. Fix them, `git add` them, then `git commit` (`git merge --abort` undoes the merge):"
            )
            for file in upgrade.conflicts { print("  \(file)") }
        }
        guard upgrade.conflicts.isEmpty else { throw ExitCode(1) }
    }
}
