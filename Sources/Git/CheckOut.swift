import Clibgit2
import Events

extension Repository {
    /// Writes the files of `tree` into `folder` (absolute, existing). Does not touch the repository's own index.
    public func checkOut(tree: ObjectID, into folder: String) throws(GitError) {
        let handle = try lookUpTree(tree)
        defer { git_tree_free(handle) }
        var options = git_checkout_options()
        git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION))
        options.checkout_strategy = GIT_CHECKOUT_FORCE.rawValue | GIT_CHECKOUT_DONT_UPDATE_INDEX.rawValue
        try check("check out", "\(tree.short) into \(folder)") {
            folder.withCString { path in
                options.target_directory = path
                return git_checkout_tree(self.handle, handle, &options)
            }
        }
    }
}
