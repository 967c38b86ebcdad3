import ArgumentParser
import Following
import Foundation

struct Adopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch a repository: a bare one on this machine, or a remote one by URL.",
        discussion: """
            In a repository on this machine, hooks are installed that tell the daemon of each push, and pushes to
            refs/for/BRANCH become changes. A remote one (file, http, https, ssh) is mirrored and fetched on a timer.
            """)

    @Argument(help: "Path or URL.") var repository: String
    @Option(help: "Name of the project. Default: the last part of the path.") var name: String?
    @OptionGroup var patience: PatienceOption
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        let adopter = RepositoryAdopter(
            home: home.value, hookProgram: sibling("espalier-hook"), patience: patience.patience)
        let adoption = try await adopter.adopt(repository, name: name)
        if json.json { return try printJSON(adoption) }
        print("\(adoption.name): \(adoption.url.map { "mirrored from \($0)" } ?? adoption.repository)")
        for hook in adoption.hooks { print("installed \(hook)") }
        print(
            adoption.watched
                ? "The daemon watches it now." : "No daemon is running. The next one will watch it.")
    }
}
