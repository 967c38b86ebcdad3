import Clibgit2
import Foundation

/// A value of Git's configuration, as it applies to a repository.
public struct GitSetting: Sendable, Hashable {
    public let value: String
    /// Whether the repository's own configuration sets it, rather than a shared one.
    public let isOwn: Bool
}

extension Repository {
    /// The effective value: from the repository, else the user, else the machine; nil if none sets it.
    public func setting(_ key: String) throws(GitError) -> GitSetting? {
        let config = try made("read the configuration of", path) { git_repository_config(&$0, handle) }
        defer { git_config_free(config) }
        return try entry(key, in: config, path)
    }

    /// The value in one file of configuration, such as another user's; nil when the file cannot be read.
    public static func setting(_ key: String, in file: String) -> GitSetting? {
        _ = Library.ready
        guard FileManager.default.isReadableFile(atPath: file),
            let config = try? made("read the configuration", file, { git_config_open_ondisk(&$0, file) })
        else { return nil }
        defer { git_config_free(config) }
        return try? entry(key, in: config, file).map { GitSetting(value: $0.value, isOwn: false) }
    }
}

private func entry(_ key: String, in config: OpaquePointer, _ subject: String) throws(GitError) -> GitSetting? {
    var found: UnsafeMutablePointer<git_config_entry>?
    let code = git_config_get_entry(&found, config, key)
    guard code != GIT_ENOTFOUND.rawValue else { return nil }
    try check("read \(key) of", subject) { code }
    guard let found else { return nil }
    defer { git_config_entry_free(found) }
    let isOwn = found.pointee.level.rawValue >= GIT_CONFIG_LEVEL_LOCAL.rawValue
    return GitSetting(value: found.pointee.value.map { String(cString: $0) } ?? "", isOwn: isOwn)
}
