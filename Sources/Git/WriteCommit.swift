import Clibgit2
import Events

/// The author of a commit.
public struct Person: Sendable, Hashable {
    public let name: String
    public let email: String

    public init(name: String, email: String) {
        self.name = name
        self.email = email
    }
}

extension Repository {
    /// Writes files as a tree. Only objects are written. All files are regular and not executable.
    ///
    /// - Parameter files: path from the tree's root → bytes.
    public func writeTree(_ files: [String: [UInt8]]) throws(GitError) -> ObjectID {
        let index = try made("make an index for", path) { git_index_new(&$0) }
        defer { git_index_free(index) }
        for (path, bytes) in files {
            var entry = git_index_entry()
            entry.mode = UInt32(GIT_FILEMODE_BLOB.rawValue)
            try check("write", path) { git_blob_create_from_buffer(&entry.id, handle, bytes, bytes.count) }
            try check("write", path) {
                path.withCString { name in
                    entry.path = name
                    return git_index_add(index, &entry)
                }
            }
        }
        var tree = git_oid()
        try check("write a tree in", self.path) { git_index_write_tree_to(&tree, index, handle) }
        return try named(&tree, "the tree")
    }

    /// Writes a commit. No ref moves.
    ///
    /// - Parameter time: seconds since 1970.
    public func writeCommit(tree: ObjectID, parents: [ObjectID], by person: Person, message: String, time: Int64)
        throws(GitError) -> ObjectID
    {
        let treeHandle = try lookUpTree(tree)
        defer { git_tree_free(treeHandle) }
        var parentHandles: [OpaquePointer?] = []
        defer { parentHandles.forEach { git_commit_free($0) } }
        for parent in parents { parentHandles.append(try lookUpCommit(parent)) }
        var signature: UnsafeMutablePointer<git_signature>?
        try check("sign as", person.name) { git_signature_new(&signature, person.name, person.email, time, 0) }
        defer { git_signature_free(signature) }
        var commit = git_oid()
        try check("write a commit in", path) {
            git_commit_create(
                &commit, handle, nil, signature, signature, "UTF-8", message, treeHandle, parentHandles.count,
                &parentHandles)
        }
        return try named(&commit, "the commit")
    }

    private func named(_ oid: inout git_oid, _ what: String) throws(GitError) -> ObjectID {
        guard let id = ObjectID(&oid) else {
            throw GitError(operation: "write", subject: what, code: -1, message: "it has no name")
        }
        return id
    }

    /// The committer in Git's configuration; nil if none is configured.
    public func configuredPerson() -> Person? {
        var signature: UnsafeMutablePointer<git_signature>?
        guard git_signature_default(&signature, handle) == 0, let signature else { return nil }
        defer { git_signature_free(signature) }
        return Person(name: String(cString: signature.pointee.name), email: String(cString: signature.pointee.email))
    }
}
