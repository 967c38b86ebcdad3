import Clibgit2
import Events
import Foundation

extension Repository {
    /// Writes the overlay layer that turns the files of `base` into those of `tree`, into `folder` (absolute, existing,
    /// empty). A deleted file becomes a whiteout (a device 0/0).
    ///
    /// - Parameter limit: with more changed files than this, a layer is not worth it.
    /// - Returns: false if no layer was made: too much differs, the base is not in this repository, or this user may
    ///   not make whiteouts. The folder may then hold parts of one.
    public func writeDifference(from base: ObjectID, to tree: ObjectID, into folder: String, limit: Int)
        throws(GitError) -> Bool
    {
        guard let old = try? lookUpTree(base) else { return false }
        defer { git_tree_free(old) }
        let new = try lookUpTree(tree)
        defer { git_tree_free(new) }
        let diff = try made("compare", "\(base.short) and \(tree.short)") {
            git_diff_tree_to_tree(&$0, handle, old, new, nil)
        }
        defer { git_diff_free(diff) }
        guard git_diff_num_deltas(diff) <= limit else { return false }
        let (written, deleted) = paths(of: diff)
        if !written.isEmpty { try checkOut(written, of: new, into: folder) }
        for path in deleted {
            guard let gone = topmostMissing(of: path, in: new) else { continue }
            if !whiteOut("\(folder)/\(gone)") { return false }
        }
        return true
    }

    private func paths(of diff: OpaquePointer) -> (written: [String], deleted: [String]) {
        var (written, deleted): ([String], [String]) = ([], [])
        for index in 0..<git_diff_num_deltas(diff) {
            guard let delta = git_diff_get_delta(diff, index)?.pointee else { continue }
            if delta.status == GIT_DELTA_DELETED {
                if let path = delta.old_file.path { deleted.append(String(cString: path)) }
            } else if let path = delta.new_file.path {
                written.append(String(cString: path))
            }
        }
        return (written, deleted)
    }

    private func checkOut(_ paths: [String], of tree: OpaquePointer, into folder: String) throws(GitError) {
        var options = git_checkout_options()
        git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION))
        options.checkout_strategy =
            GIT_CHECKOUT_FORCE.rawValue | GIT_CHECKOUT_DONT_UPDATE_INDEX.rawValue
            | GIT_CHECKOUT_DISABLE_PATHSPEC_MATCH.rawValue
        var names: [UnsafeMutablePointer<CChar>?] = paths.map { strdup($0) }
        defer { names.forEach { free($0) } }
        try check("check out", "\(paths.count) files into \(folder)") {
            names.withUnsafeMutableBufferPointer { names in
                folder.withCString { path in
                    options.target_directory = path
                    options.paths = git_strarray(strings: names.baseAddress, count: names.count)
                    return git_checkout_tree(handle, tree, &options)
                }
            }
        }
    }

    /// The highest folder above a deleted file that the tree no longer has, or the file itself; nil if something else
    /// has taken its place.
    private func topmostMissing(of path: String, in tree: OpaquePointer) -> String? {
        var prefix = ""
        for part in path.split(separator: "/") {
            prefix += prefix.isEmpty ? String(part) : "/\(part)"
            var entry: OpaquePointer?
            let code = git_tree_entry_bypath(&entry, tree, prefix)
            defer { git_tree_entry_free(entry) }
            if code == GIT_ENOTFOUND.rawValue { return prefix }
            // A file replaced a folder, and hides everything below.
            if git_tree_entry_type(entry) != GIT_OBJECT_TREE { return nil }
        }
        return nil
    }

    private func whiteOut(_ path: String) -> Bool {
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try? FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        return mknod(path, S_IFCHR, 0) == 0 || errno == EEXIST
    }
}
