import ArgumentParser
import Following
import Foundation

struct Link: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Link a project to its forge: pull requests become changes; statuses and merges are sent back.",
        discussion: """
            The project is adopted by its URL before. Point a webhook of the forge at ADDRESS/hooks/PROJECT with the secret of
            --secret-file; without one, the forge is asked every minute. Secrets stay in their files, and are read when they
            are needed.
            """)

    @Argument(help: "Name of a project that was adopted by its URL.") var project: String
    @Option(help: "github, gitlab, gitea (also Forgejo) or azure-devops.") var kind: String
    @Option(help: "Base URL of the REST API. Default: the public service.") var api: String?
    @Option(help: "Repository at the forge: owner/name, group/name or organization/project/name.") var repository:
        String
    @Option(help: "File with Espalier's API token for the forge.") var tokenFile: String?
    @Option(help: "File with the secret that signs webhooks.") var secretFile: String?
    @Option(help: "How changes land: push the tested commit, or ask the forge's api to merge.") var landing = "push"
    @OptionGroup var home: HomeOption

    func run() async throws {
        let linker = ForgeLinker(home: home.value)
        try await linker.link(
            project, kind: kind, api: api, repository: repository, tokenFile: tokenFile.map(absolute),
            secretFile: secretFile.map(absolute), landing: landing)
        print("\(project) is linked to \(repository)")
    }

    private func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}
