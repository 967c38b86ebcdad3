import Clibgit2
import Events

/// A file, link or submodule of a tree.
public struct TreeFile: Sendable, Hashable {
    public let path: String
    /// As Git writes it: `100644`, `100755`, `120000`, `160000`.
    public let mode: String
    public let object: ObjectID

    init?(path: String, _ entry: OpaquePointer) {
        guard let object = ObjectID(git_tree_entry_id(entry)) else { return nil }
        self.path = path
        mode = String(git_tree_entry_filemode(entry).rawValue, radix: 8)
        self.object = object
    }
}

extension Repository {
    /// The object ID of the file or folder at `path` in a tree; the tree's own for an empty path; nil if there is none.
    public func object(at path: String, in tree: ObjectID) throws(GitError) -> ObjectID? {
        if path.isEmpty { return tree }
        let root = try lookUpTree(tree)
        defer { git_tree_free(root) }
        return try object(at: path, root, subject: tree.short)
    }

    /// The file at `path` of a tree. A folder also counts, with its tree as object. Nil if there is nothing.
    public func file(at path: String, in tree: ObjectID) throws(GitError) -> TreeFile? {
        let root = try lookUpTree(tree)
        defer { git_tree_free(root) }
        var entry: OpaquePointer?
        let code = git_tree_entry_bypath(&entry, root, path)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check("read \(path) of", tree.short) { code }
        defer { git_tree_entry_free(entry) }
        return entry.flatMap { TreeFile(path: path, $0) }
    }

    func object(at path: String, _ root: OpaquePointer, subject: String) throws(GitError) -> ObjectID? {
        var entry: OpaquePointer?
        let code = git_tree_entry_bypath(&entry, root, path)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check("read \(path) of", subject) { code }
        defer { git_tree_entry_free(entry) }
        return ObjectID(git_tree_entry_id(entry))
    }

    /// All files below a folder of a tree, in Git's order; empty if there is no such folder.
    public func files(below folder: String, in tree: ObjectID) throws(GitError) -> [TreeFile] {
        guard let start = try object(at: folder, in: tree), let root = try? lookUpTree(start) else { return [] }
        defer { git_tree_free(root) }
        var files: [TreeFile] = []
        try list(root, folder.isEmpty ? "" : "\(folder)/", &files)
        return files
    }

    private func list(_ tree: OpaquePointer, _ prefix: String, _ files: inout [TreeFile]) throws(GitError) {
        for index in 0..<git_tree_entrycount(tree) {
            let entry = git_tree_entry_byindex(tree, index)
            guard let entry, let name = git_tree_entry_name(entry),
                let file = TreeFile(path: prefix + String(cString: name), entry)
            else { continue }
            if git_tree_entry_type(entry) == GIT_OBJECT_TREE {
                let below = try lookUpTree(file.object)
                defer { git_tree_free(below) }
                try list(below, "\(file.path)/", &files)
            } else {
                files.append(file)
            }
        }
    }
}
