import Foundation
import Git
import Home

/// The hooks of a local repository: where Git looks for them, and whether it finds ours there.
package struct Hooks {
    package static let names = ["post-receive", "proc-receive", "update"]

    let home: Home

    package init(home: Home) { self.home = home }

    /// The folder in which Git looks for hooks, and whether it is the repository's own.
    struct Folder {
        let path: String
        let isOwn: Bool
    }

    func folder(of repository: Repository) throws -> Folder {
        let own = repository.gitDirectory
        guard let setting = try repository.setting("core.hooksPath") ?? owners(of: own) else {
            return Folder(path: own + "/hooks", isOwn: true)
        }
        let written = (setting.value as NSString).expandingTildeInPath
        // Git runs these hooks in the repository's folder.
        let path = URL(fileURLWithPath: written, relativeTo: URL(fileURLWithPath: own + "/")).standardizedFileURL.path
        return Folder(path: path, isOwn: path.hasPrefix(own + "/"))
    }

    /// The hooks path that the repository's owner has configured. The owner, who may push, may not be the daemon's user.
    private func owners(of repository: String) -> GitSetting? {
        guard let owner = try? FileManager.default.attributesOfItem(atPath: repository)[.ownerAccountID] as? NSNumber,
            let home = getpwuid(owner.uint32Value)?.pointee.pw_dir.map({ String(cString: $0) })
        else { return nil }
        return ["\(home)/.gitconfig", "\(home)/.config/git/config"].lazy
            .compactMap { Repository.setting("core.hooksPath", in: $0) }.first
    }

    /// Why Git does not call our hooks in a repository, and what to do; nil if it does.
    package func problem(of repository: String) -> (what: String, remedy: String)? {
        do {
            let opened = try Repository(at: repository)
            let folder = try folder(of: opened)
            for name in Self.names {
                let path = "\(folder.path)/\(name)"
                let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                let isOurs = text.contains("espalier-hook") && text.contains(home.socket)
                if isOurs, FileManager.default.isExecutableFile(atPath: path) { continue }
                let fault = text.isEmpty ? "is missing" : isOurs ? "is not executable" : "does not ring here"
                return (
                    "Git does not call our hooks, so pushes are seen late and gates are not kept: \(path) \(fault)",
                    folder.isOwn ? "run `espalier adopt \(repository)` again" : Self.ownFolder(repository)
                )
            }
            return nil
        } catch {
            return ("the hooks of \(repository) cannot be examined: \(error)", "mend its configuration")
        }
    }

    /// How to make Git use the repository's own hooks, whatever is configured for all repositories.
    static func ownFolder(_ repository: String) -> String {
        "run `git -C \(repository) config core.hooksPath \(repository)/hooks`, then `espalier adopt \(repository)`"
    }
}
