import Clibgit2
import Events

/// A commit as shown to people.
public struct Commit: Sendable, Hashable, Codable {
    public let id: ObjectID
    public let tree: ObjectID
    public let parents: [ObjectID]
    public let author: String
    public let email: String
    public let summary: String
    public let message: String
}

extension Repository {
    public func commit(_ id: ObjectID) throws(GitError) -> Commit {
        let commit = try lookUpCommit(id)
        defer { git_commit_free(commit) }
        guard let tree = ObjectID(git_commit_tree_id(commit)) else {
            throw GitError(operation: "read commit", subject: id.short, code: -1, message: "it has no tree")
        }
        let parents = (0..<git_commit_parentcount(commit)).compactMap { ObjectID(git_commit_parent_id(commit, $0)) }
        let author = git_commit_author(commit)?.pointee
        return Commit(
            id: id, tree: tree, parents: parents,
            author: author?.name.map { String(cString: $0) } ?? "",
            email: author?.email.map { String(cString: $0) } ?? "",
            summary: git_commit_summary(commit).map { String(cString: $0) } ?? "",
            message: git_commit_message(commit).map { String(cString: $0) } ?? "")
    }

    /// The best common ancestor of two commits; nil if they share no history.
    public func mergeBase(_ left: ObjectID, _ right: ObjectID) throws(GitError) -> ObjectID? {
        var base = git_oid()
        let code = withObjectID(left) { a in withObjectID(right) { b in git_merge_base(&base, handle, &a, &b) } }
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check("find the merge base of", "\(left.short) and \(right.short)") { code }
        return ObjectID(&base)
    }

    /// Whether `commit` is `tip` or an ancestor of it. False if it is not in this repository.
    public func holds(_ commit: ObjectID, in tip: ObjectID) throws(GitError) -> Bool {
        guard has(commit) else { return false }
        return try mergeBase(tip, commit) == commit
    }

    /// Whether this repository has such a commit.
    public func has(_ commit: ObjectID) -> Bool {
        guard let handle = try? lookUpCommit(commit) else { return false }
        git_commit_free(handle)
        return true
    }

    /// The files directly inside `folder` whose names end in one of `suffixes`: path → bytes. Empty if there is no such
    /// folder.
    ///
    /// - Parameter limit: bytes. The content of a larger file is nil.
    public func files(in folder: String, at commit: ObjectID, suffixes: [String], limit: Int)
        throws(GitError) -> [String: [UInt8]?]
    {
        let handle = try lookUpCommit(commit)
        defer { git_commit_free(handle) }
        let root = try made("read the tree of", commit.short) { git_commit_tree(&$0, handle) }
        defer { git_tree_free(root) }
        var entry: OpaquePointer?
        let code = git_tree_entry_bypath(&entry, root, folder)
        if code == GIT_ENOTFOUND.rawValue { return [:] }
        try check("read \(folder)/ of", commit.short) { code }
        defer { git_tree_entry_free(entry) }
        guard git_tree_entry_type(entry) == GIT_OBJECT_TREE, let id = ObjectID(git_tree_entry_id(entry)) else {
            return [:]
        }
        let tree = try lookUpTree(id)
        defer { git_tree_free(tree) }
        var files: [String: [UInt8]?] = [:]
        for index in 0..<git_tree_entrycount(tree) {
            let entry = git_tree_entry_byindex(tree, index)
            guard git_tree_entry_type(entry) == GIT_OBJECT_BLOB, let name = git_tree_entry_name(entry) else { continue }
            let file = String(cString: name)
            guard suffixes.contains(where: file.hasSuffix), let blob = ObjectID(git_tree_entry_id(entry)) else {
                continue
            }
            files.updateValue(try bytes(of: blob, limit: limit), forKey: "\(folder)/\(file)")
        }
        return files
    }

    /// The object ID of the file or folder at `path` in a commit's tree; nil if there is none.
    public func object(at path: String, of commit: ObjectID) throws(GitError) -> ObjectID? {
        let root = try treeHandle(of: commit)
        defer { git_tree_free(root) }
        return try object(at: path, root, subject: commit.short)
    }

    private func bytes(of blob: ObjectID, limit: Int) throws(GitError) -> [UInt8]? {
        let handle = try made("read", blob.short) { out in
            withObjectID(blob) { git_blob_lookup(&out, self.handle, &$0) }
        }
        defer { git_blob_free(handle) }
        let size = Int(git_blob_rawsize(handle))
        guard size <= limit else { return nil }
        return Array(UnsafeRawBufferPointer(start: git_blob_rawcontent(handle), count: size))
    }

    /// Paths that differ between two commits; all paths of `tip` without a base.
    public func changedPaths(from base: ObjectID?, to tip: ObjectID) throws(GitError) -> [String] {
        let new = try treeHandle(of: tip)
        defer { git_tree_free(new) }
        let old = try base.map { base throws(GitError) in try treeHandle(of: base) }
        defer { git_tree_free(old) }
        let diff = try made("compare", "\(base?.short ?? "nothing") and \(tip.short)") {
            git_diff_tree_to_tree(&$0, handle, old, new, nil)
        }
        defer { git_diff_free(diff) }
        var paths: Set<String> = []
        for index in 0..<git_diff_num_deltas(diff) {
            guard let delta = git_diff_get_delta(diff, index)?.pointee else { continue }
            for path in [delta.old_file.path, delta.new_file.path] {
                if let path { paths.insert(String(cString: path)) }
            }
        }
        return paths.sorted()
    }

    private func treeHandle(of commit: ObjectID) throws(GitError) -> OpaquePointer {
        let handle = try lookUpCommit(commit)
        defer { git_commit_free(handle) }
        return try made("read the tree of", commit.short) { git_commit_tree(&$0, handle) }
    }
}
