import Clibgit2
import Events

extension Repository {
    /// Creates an empty repository in `folder` whose first commit will be on `branch`, or opens the existing one.
    public static func create(in folder: String, branch: String) throws(GitError) -> Repository {
        _ = Library.ready
        var options = git_repository_init_options()
        git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
        options.flags = GIT_REPOSITORY_INIT_MKPATH.rawValue
        let made = try made("create the repository", folder) { out in
            branch.withCString { name in
                options.initial_head = name
                return git_repository_init_ext(&out, folder, &options)
            }
        }
        git_repository_free(made)
        return try Repository(at: folder)
    }

    /// Makes `commit` the first commit of `branch`, checks it out, and points HEAD at it. Never overwrites existing
    /// files.
    public func begin(_ branch: String, at commit: ObjectID) throws(GitError) {
        try setRef("refs/heads/\(branch)", to: commit)
        try check("stand on", branch) { git_repository_set_head(handle, "refs/heads/\(branch)") }
        var options = git_checkout_options()
        git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION))
        // The index is empty, so every file counts as missing. An existing file is kept and reported as an error.
        options.checkout_strategy = GIT_CHECKOUT_SAFE.rawValue | GIT_CHECKOUT_RECREATE_MISSING.rawValue
        try check("check out", branch) { git_checkout_head(handle, &options) }
    }

    /// Tracked files that differ from HEAD, in the index or in the folder, sorted.
    public func changedFiles() throws(GitError) -> [String] {
        var options = git_status_options()
        git_status_options_init(&options, UInt32(GIT_STATUS_OPTIONS_VERSION))
        options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR
        options.flags = 0
        let list = try made("compare the files of", path) { git_status_list_new(&$0, handle, &options) }
        defer { git_status_list_free(list) }
        var files: Set<String> = []
        for index in 0..<git_status_list_entrycount(list) {
            guard let entry = git_status_byindex(list, index)?.pointee else { continue }
            let delta = entry.index_to_workdir ?? entry.head_to_index
            if let path = delta?.pointee.new_file.path { files.insert(String(cString: path)) }
        }
        return files.sorted()
    }

    /// Whether a merge, rebase or similar operation is in progress.
    public var isBusy: Bool { git_repository_state(handle) != Int32(GIT_REPOSITORY_STATE_NONE.rawValue) }

    /// The latest commit reachable from `tip` that satisfies `fits`.
    public func latestCommit(leadingTo tip: ObjectID, where fits: (Commit) -> Bool) throws(GitError) -> Commit? {
        let walk = try made("walk", path) { git_revwalk_new(&$0, handle) }
        defer { git_revwalk_free(walk) }
        git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_TIME.rawValue)
        try check("walk from", tip.short) { withObjectID(tip) { git_revwalk_push(walk, &$0) } }
        var id = git_oid()
        while git_revwalk_next(&id, walk) == 0 {
            guard let name = ObjectID(&id) else { continue }
            let commit = try commit(name)
            if fits(commit) { return commit }
        }
        return nil
    }

    /// Merges `commit` into HEAD's files and index, like `git merge --no-commit`. `git commit` concludes it, and `git
    /// merge --abort` undoes it. Untracked files are never overwritten; if one is in the way, nothing is changed.
    ///
    /// - Parameter label: the name of the other side in conflict markers.
    /// - Returns: files with conflict markers; empty if everything merged.
    public func mergeIntoFolder(_ commit: ObjectID, label: String) throws(GitError) -> [String] {
        let theirs = try made("merge", commit.short) { out in
            withObjectID(commit) { git_annotated_commit_lookup(&out, handle, &$0) }
        }
        defer { git_annotated_commit_free(theirs) }
        var merge = git_merge_options()
        git_merge_options_init(&merge, UInt32(GIT_MERGE_OPTIONS_VERSION))
        var checkout = git_checkout_options()
        git_checkout_options_init(&checkout, UInt32(GIT_CHECKOUT_OPTIONS_VERSION))
        checkout.checkout_strategy = GIT_CHECKOUT_SAFE.rawValue | GIT_CHECKOUT_ALLOW_CONFLICTS.rawValue
        var heads: [OpaquePointer?] = [theirs]
        try check("merge", "\(label) into \(path)") {
            label.withCString { label in
                checkout.their_label = label
                return git_merge(handle, &heads, 1, &merge, &checkout)
            }
        }
        let index = try made("read the index of", path) { git_repository_index(&$0, handle) }
        defer { git_index_free(index) }
        return try conflicts(in: index)
    }
}
