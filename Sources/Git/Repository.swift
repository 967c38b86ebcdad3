import Clibgit2
import Events

/// An open repository, for one thread at a time and one short piece of work: open, read, close.
public final class Repository {
    public let path: String
    let handle: OpaquePointer

    /// Opens the repository at exactly `path`: a bare repository, a `.git` folder, or the folder around one.
    public init(at path: String) throws(GitError) {
        _ = Library.ready
        self.path = path
        let flags = GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue
        do throws(GitError) {
            handle = try made("open the repository", path) { git_repository_open_ext(&$0, path, flags, nil) }
        } catch {
            throw error.message.contains("unsupported extension") ? error.explained : error
        }
    }

    deinit { git_repository_free(handle) }

    /// Creates an empty bare repository at `path`, or opens the existing one.
    public static func createBare(at path: String) throws(GitError) -> Repository {
        _ = Library.ready
        let made = try made("create the repository", path) { git_repository_init(&$0, path, 1) }
        git_repository_free(made)
        return try Repository(at: path)
    }

    /// The folder that holds `refs/`, `objects/` and `hooks/`, without a trailing slash.
    public var gitDirectory: String {
        let text = git_repository_path(handle).map { String(cString: $0) } ?? path
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    public var isBare: Bool { git_repository_is_bare(handle) == 1 }

    /// Sets a string in the repository's own configuration.
    public func configure(_ key: String, _ value: String) throws(GitError) {
        let config = try made("read the configuration of", path) { git_repository_config(&$0, handle) }
        defer { git_config_free(config) }
        try check("set \(key) in", path) { git_config_set_string(config, key, value) }
    }

    /// The URLs of the configured remotes.
    public func remoteURLs() throws(GitError) -> [String] {
        var names = git_strarray()
        try check("list the remotes of", path) { git_remote_list(&names, handle) }
        defer { git_strarray_dispose(&names) }
        var urls: [String] = []
        for index in 0..<names.count {
            guard let name = names.strings[index] else { continue }
            let remote = try made("read remote", String(cString: name)) { git_remote_lookup(&$0, handle, name) }
            defer { git_remote_free(remote) }
            if let url = git_remote_url(remote) { urls.append(String(cString: url)) }
        }
        return urls
    }

    func withObjectID<T>(_ id: ObjectID, _ body: (inout git_oid) -> T) -> T {
        var oid = git_oid()
        git_oid_fromstr(&oid, id.description)
        return body(&oid)
    }

    func lookUpCommit(_ id: ObjectID) throws(GitError) -> OpaquePointer {
        try made("read commit", id.short) { out in withObjectID(id) { git_commit_lookup(&out, handle, &$0) } }
    }

    func lookUpTree(_ id: ObjectID) throws(GitError) -> OpaquePointer {
        try made("read tree", id.short) { out in withObjectID(id) { git_tree_lookup(&out, handle, &$0) } }
    }
}

extension GitError {
    /// The error, with what to do if libgit2 cannot read the repository's format.
    var explained: GitError {
        GitError(
            operation: operation, subject: subject, code: code,
            message: message + "; convert it with git (SHA-1 objects, file refs), or let Espalier mirror it by URL")
    }
}

extension ObjectID {
    /// Nil for the all-zero ID.
    init?(_ oid: UnsafePointer<git_oid>?) {
        guard let oid else { return nil }
        var text = [CChar](repeating: 0, count: 41)
        git_oid_tostr(&text, 41, oid)
        self.init(String(decoding: text.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
