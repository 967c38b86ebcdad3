import Clibgit2
import Events

/// The result of a merge in memory. Only objects are written, and no ref moves.
public enum MergeResult: Sendable, Hashable {
    case merged(ObjectID)
    /// The target already contains the head.
    case nothingToMerge
    case conflict(files: [String])
}

/// How to apply the commits of a head to a target.
public enum MergeMethod: Sendable, Hashable {
    /// A merge commit with the target as first parent.
    case merge(message: String)
    /// One commit with all changes.
    case squash(message: String)
    /// Each commit replayed on top of the target, with `trailer` appended to its message. Merge commits are left out.
    case rebase(trailer: String)
}

extension Repository {
    /// Applies the changes of `head` to `target`, and writes the commits. Authors are kept; Espalier is the committer.
    ///
    /// - Parameter time: seconds since 1970 for the commits' own date.
    public func merge(_ head: ObjectID, into target: ObjectID, by method: MergeMethod, time: Int64) throws(GitError)
        -> MergeResult
    {
        if try holds(head, in: target) { return .nothingToMerge }
        let ours = try lookUpCommit(target)
        defer { git_commit_free(ours) }
        if case .rebase(let trailer) = method {
            return try rebase(head, onto: ours, base: target, trailer: trailer, time: time)
        }
        let theirs = try lookUpCommit(head)
        defer { git_commit_free(theirs) }
        let index = try made("merge", "\(head.short) into \(target.short)") {
            git_merge_commits(&$0, handle, ours, theirs, nil)
        }
        defer { git_index_free(index) }
        switch method {
        case .merge(let message): return try commit(index, onto: [ours, theirs], like: theirs, message, time)
        case .squash(let message): return try commit(index, onto: [ours], like: theirs, message, time)
        case .rebase: return .nothingToMerge
        }
    }

    /// Commits reachable from `head` but not from `other`, parents before children; at most `limit`, the latest ones.
    public func commits(leadingTo head: ObjectID, notTo other: ObjectID?, limit: Int = 1_000) throws(GitError)
        -> [ObjectID]
    {
        let walk = try made("walk", path) { git_revwalk_new(&$0, handle) }
        defer { git_revwalk_free(walk) }
        git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL.rawValue)
        try check("walk from", head.short) { withObjectID(head) { git_revwalk_push(walk, &$0) } }
        if let other { try check("walk to", other.short) { withObjectID(other) { git_revwalk_hide(walk, &$0) } } }
        var commits: [ObjectID] = []
        var id = git_oid()
        while commits.count < limit, git_revwalk_next(&id, walk) == 0 {
            if let commit = ObjectID(&id) { commits.append(commit) }
        }
        return commits.reversed()
    }

    private func rebase(_ head: ObjectID, onto start: OpaquePointer, base: ObjectID, trailer: String, time: Int64)
        throws(GitError) -> MergeResult
    {
        var tip = base
        for id in try commits(leadingTo: head, notTo: base) {
            let picked = try lookUpCommit(id)
            defer { git_commit_free(picked) }
            guard git_commit_parentcount(picked) <= 1 else { continue }
            let onto = try lookUpCommit(tip)
            defer { git_commit_free(onto) }
            let index = try made("rebase", "\(id.short) onto \(tip.short)") {
                git_cherrypick_commit(&$0, handle, picked, onto, 0, nil)
            }
            defer { git_index_free(index) }
            let message = git_commit_message(picked).map { String(cString: $0) } ?? ""
            let ended = message.hasSuffix("\n") ? message : message + "\n"
            switch try commit(index, onto: [onto], like: picked, "\(ended)\n\(trailer)", time) {
            case .merged(let commit): tip = commit
            case .nothingToMerge: continue
            case .conflict(let files): return .conflict(files: files)
            }
        }
        return tip == base ? .nothingToMerge : .merged(tip)
    }

    /// Writes a commit of an index. If it changes nothing against its only parent, there is nothing to merge.
    private func commit(
        _ index: OpaquePointer, onto parents: [OpaquePointer], like author: OpaquePointer, _ message: String,
        _ time: Int64
    ) throws(GitError) -> MergeResult {
        guard git_index_has_conflicts(index) == 0 else { return .conflict(files: try conflicts(in: index)) }
        var treeID = git_oid()
        try check("write the merge in", path) { git_index_write_tree_to(&treeID, index, handle) }
        if parents.count == 1, let old = git_commit_tree_id(parents[0]), git_oid_equal(old, &treeID) == 1 {
            return .nothingToMerge
        }
        let tree = try made("read the merge in", path) { git_tree_lookup(&$0, handle, &treeID) }
        defer { git_tree_free(tree) }
        var committer: UnsafeMutablePointer<git_signature>?
        try check("sign", "the merge") { git_signature_new(&committer, "Espalier", "espalier@localhost", time, 0) }
        defer { git_signature_free(committer) }
        var commit = git_oid()
        var pointers: [OpaquePointer?] = parents
        try check("write", "the merge commit") {
            git_commit_create(
                &commit, handle, nil, git_commit_author(author), committer, "UTF-8", message, tree, pointers.count,
                &pointers)
        }
        guard let id = ObjectID(&commit) else {
            throw GitError(operation: "write", subject: "the merge commit", code: -1, message: "it has no name")
        }
        return .merged(id)
    }

    func conflicts(in index: OpaquePointer) throws(GitError) -> [String] {
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
