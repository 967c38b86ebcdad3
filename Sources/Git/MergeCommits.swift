import Clibgit2
import Events

/// The result of merging in memory: nothing but objects is written, and no ref moves.
public enum MergeResult: Sendable, Hashable {
    case merged(ObjectID)
    /// The head holds nothing that the target lacks.
    case nothingToMerge
    case conflict(files: [String])
}

extension Repository {
    /// Merge `head` into `target` and write the merge commit, with `target` as first parent.
    ///
    /// - Parameter time: seconds since 1970 for the commit's own date, so that the same merge gives the same commit.
    public func merge(_ head: ObjectID, into target: ObjectID, message: String, time: Int64) throws(GitError)
        -> MergeResult
    {
        if try mergeBase(head, target) == head { return .nothingToMerge }
        let ours = try lookUpCommit(target)
        defer { git_commit_free(ours) }
        let theirs = try lookUpCommit(head)
        defer { git_commit_free(theirs) }
        let index = try made("merge", "\(head.short) into \(target.short)") {
            git_merge_commits(&$0, handle, ours, theirs, nil)
        }
        defer { git_index_free(index) }
        guard git_index_has_conflicts(index) == 0 else { return .conflict(files: try conflicts(in: index)) }
        var treeID = git_oid()
        try check("write the merge of", head.short) { git_index_write_tree_to(&treeID, index, handle) }
        let tree = try made("read the merge of", head.short) { git_tree_lookup(&$0, handle, &treeID) }
        defer { git_tree_free(tree) }
        return .merged(try writeMerge(tree: tree, ours: ours, theirs: theirs, message: message, time: time))
    }

    /// The author stays the author of the change; Espalier is the committer.
    private func writeMerge(
        tree: OpaquePointer, ours: OpaquePointer, theirs: OpaquePointer, message: String, time: Int64
    )
        throws(GitError) -> ObjectID
    {
        var committer: UnsafeMutablePointer<git_signature>?
        try check("sign", "the merge") { git_signature_new(&committer, "Espalier", "espalier@localhost", time, 0) }
        defer { git_signature_free(committer) }
        var commit = git_oid()
        var parents: [OpaquePointer?] = [ours, theirs]
        try check("write", "the merge commit") {
            git_commit_create(
                &commit, handle, nil, git_commit_author(theirs), committer, "UTF-8", message, tree, 2, &parents)
        }
        guard let id = ObjectID(&commit) else {
            throw GitError(operation: "write", subject: "the merge commit", code: -1, message: "it has no name")
        }
        return id
    }

    private func conflicts(in index: OpaquePointer) throws(GitError) -> [String] {
        let iterator = try made("list conflicts of", path) { git_index_conflict_iterator_new(&$0, index) }
        defer { git_index_conflict_iterator_free(iterator) }
        var files: Set<String> = []
        var ancestor: UnsafePointer<git_index_entry>?
        var ours: UnsafePointer<git_index_entry>?
        var theirs: UnsafePointer<git_index_entry>?
        while git_index_conflict_next(&ancestor, &ours, &theirs, iterator) == 0 {
            if let path = (ours ?? theirs ?? ancestor)?.pointee.path { files.insert(String(cString: path)) }
        }
        return files.sorted()
    }
}
