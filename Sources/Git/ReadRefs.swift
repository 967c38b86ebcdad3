import Clibgit2
import Events
import Foundation

extension Repository {
    /// Every watched ref with its commit. Tags are peeled. Refs that do not resolve to a commit are left out.
    public func tips() throws(GitError) -> [String: ObjectID] {
        let iterator = try made("list the refs of", path) { git_reference_iterator_new(&$0, handle) }
        defer { git_reference_iterator_free(iterator) }
        var tips: [String: ObjectID] = [:]
        while true {
            var reference: OpaquePointer?
            let code = git_reference_next(&reference, iterator)
            guard code != GIT_ITEROVER.rawValue else { return tips }
            // A ref that is deleted during the listing is simply gone.
            if code == GIT_ENOTFOUND.rawValue { continue }
            try check("list the refs of", path) { code }
            defer { git_reference_free(reference) }
            guard let name = git_reference_name(reference).map({ String(cString: $0) }), isWatched(ref: name) else {
                continue
            }
            if let commit = commit(of: reference) { tips[name] = commit }
        }
    }

    /// The commits of these refs. Refs that do not exist are left out.
    public func tips(of names: Set<String>) throws(GitError) -> [String: ObjectID] {
        var tips: [String: ObjectID] = [:]
        for name in names {
            tips[name] = try tip(of: name)
        }
        return tips
    }

    /// The commit of `ref`; nil if there is no such ref.
    public func tip(of ref: String) throws(GitError) -> ObjectID? {
        var reference: OpaquePointer?
        let code = git_reference_lookup(&reference, handle, ref)
        if code == GIT_ENOTFOUND.rawValue || code == GIT_EINVALIDSPEC.rawValue { return nil }
        try check("read ref", ref) { code }
        defer { git_reference_free(reference) }
        return commit(of: reference)
    }

    private func commit(of reference: OpaquePointer?) -> ObjectID? {
        // A branch points directly to its commit. Reading the object to check would cost a look-up per ref.
        if let name = git_reference_name(reference), String(cString: name).hasPrefix("refs/heads/"),
            let direct = ObjectID(git_reference_target(reference))
        {
            return direct
        }
        var object: OpaquePointer?
        guard git_reference_peel(&object, reference, GIT_OBJECT_COMMIT) == 0 else { return nil }
        defer { git_object_free(object) }
        return ObjectID(git_object_id(object))
    }

    /// Moves `ref` if it is still at `from`. A nil `from` means that the ref must not exist yet.
    ///
    /// - Returns: false if somebody else moved it first.
    public func compareAndSwap(_ ref: String, from: ObjectID?, to: ObjectID, reason: String) throws(GitError) -> Bool {
        var moved: OpaquePointer?
        defer { git_reference_free(moved) }
        let zero = String(repeating: "0", count: 40)
        var old = git_oid()
        git_oid_fromstr(&old, from?.description ?? zero)
        let code = retryingStaleLock(of: ref) {
            withObjectID(to) { git_reference_create_matching(&moved, handle, ref, &$0, 1, &old, reason) }
        }
        if code == GIT_EMODIFIED.rawValue || code == GIT_EEXISTS.rawValue { return false }
        if code == GIT_ENOTFOUND.rawValue, from != nil { return false }
        try check("move ref", ref) { code }
        return true
    }

    /// Points `ref` at a commit unconditionally.
    public func setRef(_ ref: String, to commit: ObjectID) throws(GitError) {
        var made: OpaquePointer?
        defer { git_reference_free(made) }
        try check("set ref", ref) {
            retryingStaleLock(of: ref) {
                withObjectID(commit) { git_reference_create(&made, handle, ref, &$0, 1, "espalier") }
            }
        }
    }

    /// Removes a ref if it exists.
    public func removeRef(_ ref: String) throws(GitError) {
        let code = retryingStaleLock(of: ref) { git_reference_remove(handle, ref) }
        if code == GIT_ENOTFOUND.rawValue { return }
        try check("remove ref", ref) { code }
    }

    /// Moves a ref. If a dead process left its lock file, removes the file and retries once.
    ///
    /// Git holds such a lock for milliseconds, so one that is ten seconds old is stale.
    private func retryingStaleLock(of ref: String, _ move: () -> Int32) -> Int32 {
        let code = move()
        guard code == GIT_ELOCKED.rawValue else { return code }
        let lock = "\(gitDirectory)/\(ref).lock"
        let attributes = try? FileManager.default.attributesOfItem(atPath: lock)
        guard let written = attributes?[.modificationDate] as? Date, written < Date(timeIntervalSinceNow: -10),
            unlink(lock) == 0
        else { return code }
        return move()
    }
}

extension Repository {
    /// The branch that HEAD names, whether it exists or not; nil for a detached HEAD.
    public var headBranch: String? {
        var head: OpaquePointer?
        guard git_reference_lookup(&head, handle, "HEAD") == 0 else { return nil }
        defer { git_reference_free(head) }
        guard let target = git_reference_symbolic_target(head).map({ String(cString: $0) }) else { return nil }
        return target.hasPrefix("refs/heads/") ? String(target.dropFirst("refs/heads/".count)) : nil
    }
}
